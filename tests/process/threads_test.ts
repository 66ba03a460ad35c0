/**
 * What becomes of a worker's thread that cannot be started, cannot be ended, or hears nothing more.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Neighbours } from "../fixtures/process/neighbours.ts";
import { Stage, stageTest } from "../fixtures/process/stage.ts";
import { rabbitmqTest } from "../servers.ts";

const HANGS = { maxConsumeSeconds: 1, retries: [] } as const;
const NO_GRACE = { ABORT_GRACE_SECONDS: "0" } as const;

stageTest("each time a handler hangs is an attempt, and its neighbours' are not", async (stage) => {
  await stage.worker({ maxConsumeSeconds: 1, retries: [1] });
  await stage.publish([{ n: 0 }, { n: 1, do: "loop" }, { n: 2 }, { n: 3 }]);
  const program = stage.consume([], NO_GRACE);
  await stage.untilReady(1, `${stage.queue}.failed`);
  const message = await stage.client.take(`${stage.queue}.failed`);
  const headers = message?.properties.headers ?? {};
  assert.equal(headers["x-pq-reason"], "timeout");
  assert.equal(headers["x-pq-attempts"], 2);
  assert.equal(headers["x-pq-error-name"], "WorkerTimeoutError");
  assert.deepEqual(stage.ledgerOf("done", "n"), [0, 2, 3]);
  const attempts = stage.ledger.filter(({ event }) => event["n"] !== 1);
  assert(attempts.every(({ attempt }) => attempt === 1));
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

onBothStages(
  "of a batch that hangs in its thread, only the one to blame is given up",
  async (stage) => {
    await stage.worker({ ...HANGS, batch: { size: 10, seconds: 0 } });
    await stage.publish([0, 1, 2, 3, 4].map((n) => n === 2 ? { n, do: "loop" } : { n }));
    const { code, stdout } = await stage.drain(NO_GRACE);
    assert.deepEqual([code, stdout], [0, ["done 4, retried 0, failed 1, waiting for retry 0"]]);
    assert.deepEqual(new Set(stage.ledgerOf("done", "n")), new Set([0, 1, 3, 4]));
    assert.equal((await stage.client.take(`${stage.queue}.failed`))?.properties.messageId, "2");
  },
);

for (const order of ["exit", "heap", "loop", "hang"]) {
  onBothStages(
    `beside others (concurrency 3), "${order}" is given up and they are not`,
    async (stage) => {
      await stage.worker({ ...HANGS, maxHeapMb: 64, concurrency: 3 });
      const orders = [0, 1, 2, 3, 4, 5].map((n) => n === 1 ? { n, do: order } : { n, do: "slow" });
      await stage.publish(orders);
      const { code, stdout } = await stage.drain(NO_GRACE);
      assert.deepEqual([code, stdout], [0, ["done 5, retried 0, failed 1, waiting for retry 0"]]);
      assert.deepEqual(new Set(stage.ledgerOf("done", "n")), new Set([0, 2, 3, 4, 5]));
      assert(stage.ledger.every(({ attempt }) => attempt === 1));
    },
  );
}

stageTest(
  "of errors outside of any event, the first are told, and how many more",
  async (stage) => {
    await stage.worker();
    await stage.publish([{ n: 0, do: "rejectOften" }, { n: 1 }]);
    const program = stage.consume();
    await program.untilLogged(
      /^[0-9]+ more unhandled exceptions from queue .* are not logged one by one$/,
    );
    await stage.untilWritten("done", 2);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const told = program.log.filter(({ message }) => message.startsWith("Unhandled exception"));
    const more = program.log.filter(({ message }) => message.includes(" more unhandled "));
    assert.equal(told.length, 20);
    assert.equal(more.reduce((sum, line) => sum + Number(line["count"]), 0), 20_000 - 20);
    assert(program.log.length < 60, `${program.log.length} lines`);
  },
);

stageTest("a worker that wants another heap each time gets one of them", async (stage) => {
  const loads = await stage.write("loads", "");
  await stage.write(
    `workers/${stage.queue}.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     Deno.writeTextFileSync(${JSON.stringify(loads)}, "x", { append: true });
     const maxHeapMb = 100 + Deno.statSync(${JSON.stringify(loads)}).size;
     export default defineWorker({
       queue: "${stage.queue}", event: z.unknown(), maxHeapMb, consume() {}
     });`,
  );
  await stage.publish([{ n: 0 }]);
  const { code, stdout } = await stage.drain();
  assert.deepEqual([code, stdout], [0, ["done 1, retried 0, failed 0, waiting for retry 0"]]);
  assert.equal(Deno.readTextFileSync(loads), "xx");
});

stageTest(
  "a worker whose file was changed is run by the numbers it had at first",
  async (stage) => {
    const exit = (n: number) => ({ n, do: "exit" });
    const slow = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ n, do: "slow" }));
    await stage.worker({ retries: [] });
    await stage.publish([{ n: 0 }]);
    const program = stage.consume();
    await stage.untilWritten("done", 1);
    await stage.worker({ retries: [], concurrency: 5, prefetch: 1000 });
    await stage.publish([exit(1), ...slow, exit(10)]);
    await stage.untilReady(2, `${stage.queue}.failed`);
    await stage.publish([{ n: 11 }]);
    await stage.untilWritten("done", 2 + slow.length);
    const lines = stage.ledger.map(({ what, event }) => {
      return `${what} ${event["n"]}`;
    });
    assert.equal(lines.indexOf("done 2"), lines.indexOf("begun 2") + 1, lines.join("\n"));
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  },
);

stageTest(
  "a worker that takes batches now, and did not at first, waits for a restart",
  async (stage) => {
    await stage.worker({ retries: [] });
    await stage.publish([{ n: 0 }]);
    const program = stage.consume([], { MAX_RESTARTS: "0" });
    await stage.untilWritten("done", 1);
    await stage.worker({ retries: [], batch: { size: 2, seconds: 0 } });
    await stage.publish([{ n: 1, do: "exit" }]);
    const line = await program.untilLogged(/^Queue .* is parked: its worker failed 1 times/);
    assert.match(
      JSON.stringify(line["error"]),
      /takes its events in batches, but took them one by one when this process started: restart the /,
    );
    assert.equal((await program.end()).code, 3);
  },
);

stageTest("a thread that hears nothing more is replaced", async (stage) => {
  await stage.worker({ retries: [], prefetch: 1 });
  await stage.publish([{ n: 0, do: "deaf" }, { n: 1 }]);
  const program = stage.consume();
  await program.untilLogged(
    /^The thread of .* did not respond for [56] s though no event ran in it: it is ended, and a /,
  );
  await stage.untilWritten("done", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

stageTest("a stop does not wait its whole grace for a thread that hears nothing", async (stage) => {
  await stage.worker({ retries: [], prefetch: 1 });
  await stage.publish([{ n: 0, do: "deaf" }, { n: 1 }]);
  const program = stage.consume([], { STOP_GRACE_SECONDS: "3600" });
  await stage.untilReady(1, `${stage.queue}.failed`);
  await stage.untilReady(0);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  await stage.untilReady(1);
});

stageTest("a stop does not wait for a setup that hangs", async (stage) => {
  await stage.worker({ setup: `${stage.folder}/never` });
  const program = stage.consume();
  await program.untilLogged(/^Waiting for /);
  program.signal("SIGTERM");
  assert.equal((await program.end(5)).code, 0);
});

stageTest("where every queue is parked, the process ends with 3", async (stage) => {
  await broken(stage);
  const { code } = await stage.run(["--multi_threaded", stage.queue], { MAX_RESTARTS: "0" });
  assert.equal(code, 3);
});

stageTest("a queue that only waits to retry does not have the process end", async (stage) => {
  await stage.worker({ retries: [1] });
  const { channel } = stage.client;
  await channel.assertQueue(`${stage.queue}.retry.1s`, { arguments: { "x-max-length": 7 } });
  await stage.publish([{ n: 0, do: "throw" }]);
  const other = `${stage.queue}_broken`;
  await stage.write(`workers/${other}.ts`, "throw new Error('not today');");
  const program = stage.start(["--multi_threaded", stage.queue, other], { MAX_RESTARTS: "0" });
  await program.untilLogged(/is parked for 300 s: an event could neither be retried/);
  await program.untilLogged(/is parked: its worker failed 1 times/);
  program.signal("SIGUSR2");
  await program.untilLogged(/^Status of the process: 2 queues, 2 parked/);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

rabbitmqTest(
  "--exit-when-parked ends the process with 3, with its other queues",
  async (server) => {
    await using both = await Neighbours.open(server.url, { type: "classic" });
    const { stage } = both;
    await broken(stage);
    const queues = [...Deno.readDirSync(`${stage.folder}/workers`)].map(({ name }) => {
      return name.replace(/\.ts$/, "");
    });
    const args = ["--multi_threaded", ...queues, "--exit-when-parked"];
    assert.equal((await stage.run(args, { MAX_RESTARTS: "0" })).code, 3);
  },
);

stageTest("--all runs what is enabled and no test queue, and says so", async (stage) => {
  await stage.worker();
  const off = `${stage.queue}_off`;
  await stage.write(
    `workers/${off}.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({
       queue: "${off}", event: z.unknown(), enabled: () => 0, consume() {}
     });`,
  );
  await stage.publish([{ n: 0 }]);
  const program = stage.start(["--all"]);
  const line = await program.untilLogged(/^[0-9]+ queue worker threads were launched$/);
  assert.equal(line["count"], 2);
  const launched = program.log.filter(({ message }) => /^launching queue worker/.test(message));
  const names = launched.map(({ message }) => message.replace(/.* /, "")).sort();
  assert.deepEqual(names, [stage.queue, "user_activity"].sort());
  await stage.untilWritten("done", 1);
  const files = [...Deno.readDirSync(`${stage.folder}/stats`)].map(({ name }) => name).sort();
  assert.deepEqual(files.filter((name) => /^(noop|test)|_off/.test(name)), []);
  assert.equal(await stage.client.ready(off), undefined, "its queue is not even made");
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

stageTest("the main thread loads no worker", async (stage) => {
  const file = await stage.write("where", "");
  await stage.write(
    `workers/${stage.queue}.ts`,
    `import { isMainThread } from "node:worker_threads";
     Deno.writeTextFileSync(${JSON.stringify(file)}, isMainThread + "\\n", { append: true });
     import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${stage.queue}", event: z.unknown(), consume() {} });`,
  );
  await stage.publish([{ n: 0 }]);
  for (const mode of [["--queue_name"], ["--multi_threaded"]]) {
    const { code } = await stage.run([...mode, stage.queue, "--drain"]);
    assert.equal(code, 0);
  }
  const lines = Deno.readTextFileSync(file).trim().split("\n");
  assert.deepEqual(lines, ["false", "false"]);
});

async function broken(stage: Stage): Promise<void> {
  await stage.write(`workers/${stage.queue}.ts`, "throw new Error('not today');");
}

/** Registers a test for classic and for quorum queues. */
function onBothTypes(
  name: string,
  test: (server: { readonly url: string }, type: "classic" | "quorum") => Promise<void>,
): void {
  for (const type of ["classic", "quorum"] as const) {
    rabbitmqTest(`${name} (${type})`, (server) => test(server, type));
  }
}

/** The same for tests that need no neighbour. */
function onBothStages(name: string, test: (stage: Stage) => Promise<void>): void {
  onBothTypes(name, async (server, type) => {
    await using stage = await Stage.open(server.url);
    stage.queueType = type;
    await test(stage);
  });
}
