import assert from "node:assert/strict";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { rabbitmqTest, uniqueQueue } from "../servers.ts";

const WORKER = (queue: string) => `
import { defineWorker } from "process-queue/worker";
import { z } from "zod";
export default defineWorker({
  queue: "${queue}",
  event: z.looseObject({ n: z.number() }),
  retries: [],
  consume() {},
});
`;

/** 20 events wait without a consumer, until a worker comes. */
async function story(folder: string, queue: string, broker: Record<string, string>): Promise<void> {
  const env = { STATE_DIR: `${folder}/var`, WORKERS_DIR: `${folder}/workers`, ...broker };
  Deno.mkdirSync(`${folder}/workers`);
  Deno.writeTextFileSync(`${folder}/workers/${queue}.ts`, WORKER(queue));
  const start = (...args: string[]) => Program.start(args, { cwd: folder, env });
  const command = async (...args: string[]): Promise<[number, ...string[]]> => {
    await using program = start(...args);
    const { code, stdout } = await program.end();
    return [code, ...stdout];
  };
  const events = Array.from({ length: 20 }, (_, n) => JSON.stringify({ n })).join("\n");
  {
    await using publish = Program.start(["publish", queue], { cwd: folder, env, input: events });
    assert.equal((await publish.end()).code, 0);
  }
  const [code, line = ""] = await command("check", queue);
  assert.equal(code, 2, line);
  assert.match(line, /^QUEUES CRITICAL - .*: no consumer: 20 wait and nobody consumes \| '/);
  const state = `${folder}/state`;
  assert.equal((await command("check", queue, "--state-file", state))[0], 0);
  assert.match(Deno.readTextFileSync(state), /^\d+\|2\|CRITICAL\|QUEUES CRITICAL - [^|]*\n$/);

  await using worker = start("--queue_name", queue, "--http", "0");
  const logged = await worker.untilLogged(/^HTTP listens on/);
  await worker.until("check is OK", async () => (await command("check", queue))[0] === 0);
  const [, json = ""] = await command("queues", queue, "--json");
  const [report] = JSON.parse(json).queues;
  assert.deepEqual([report.state, report.ready, report.consumers], ["ok", 0, 1]);
  const address = String(logged["address"]);
  await worker.until("the metrics have what the broker says", async () => {
    const text = await (await fetch(`${address}/metrics`)).text();
    return text.includes(`process_queue_broker_consumers{queue="${queue}"} 1`);
  });
  const one = await (await fetch(`${address}/v1/queues/${queue}`)).json();
  assert.deepEqual([one.schema, one.queue, one.state], [1, queue, "ok"]);
}

Deno.test("check finds 20 events without a consumer, and is OK with one, on the embedded broker", async () => {
  await withFolder((folder) => story(folder, "checked", { BROKER: "embedded" }));
});

rabbitmqTest(
  "check finds 20 events without a consumer, and is OK with one, on RabbitMQ",
  async (server) => {
    await withFolder((folder) => story(folder, uniqueQueue("checked"), { AMQP_URL: server.url }));
  },
);
