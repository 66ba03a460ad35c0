import assert from "node:assert/strict";
import type { ProcessSnapshot } from "../../lib/monitoring/snapshot.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const WORKER = `
import { defineWorker } from "process-queue/worker";
import { z } from "zod";
export default defineWorker({
  queue: "story",
  event: z.looseObject({ n: z.number() }),
  retries: [],
  consume({ n }, ctx) {
    ctx.log.debug("the handler runs");
    if (n < 0) throw new TypeError("n is " + n);
  },
});
`;

/** A process that runs one queue on the embedded broker, and commands with the same settings. */
class Story {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(folder: string, env: Readonly<Record<string, string>> = { BROKER: "embedded" }) {
    this.#folder = folder;
    this.#env = { STATE_DIR: `${folder}/var`, WORKERS_DIR: `${folder}/workers`, ...env };
    Deno.mkdirSync(`${folder}/workers`);
    Deno.writeTextFileSync(`${folder}/workers/story.ts`, WORKER);
  }

  start(...args: string[]): Program {
    return Program.start(args, { cwd: this.#folder, env: this.#env });
  }

  run(): Program {
    return this.start("--queue_name", "story", "--http", "0");
  }

  /** Runs a command. @returns Its exit code, and the lines that it prints. */
  async command(...args: string[]): Promise<[code: number, ...lines: string[]]> {
    await using program = this.start(...args);
    const { code, stdout } = await program.end();
    return [code, ...stdout];
  }

  async snapshot(): Promise<ProcessSnapshot> {
    const [, line = ""] = await this.command("status", "--json");
    return JSON.parse(line).processes[0];
  }
}

/** The address of a process's HTTP server. */
async function httpOf(program: Program): Promise<string> {
  return String((await program.untilLogged(/^HTTP listens on/))["address"]);
}

async function get(address: string, path: string): Promise<[number, string]> {
  const response = await fetch(address + path);
  return [response.status, await response.text()];
}

Deno.test("an operator pauses a queue, which stays paused through a kill, and resumes it", async () => {
  await withFolder(async (folder) => {
    const story = new Story(folder);
    {
      await using first = story.run();
      await first.untilLogged(/^HTTP listens on/);
      await first.until(
        "it is ready",
        async () => (await story.command("health", "--ready"))[0] === 0,
      );
      const pause = ["pause", "story", "--reason", "the SMTP server moves", "--yes"];
      assert.deepEqual(await story.command(...pause), [0, `story: paused in process ${first.pid}`]);
      await first.untilLogged(/^Queue story was paused by .*: the SMTP server moves$/);
      await story.command("publish", "story", '{"n":1}');
      first.signal("SIGKILL");
      await first.end();
    }
    await using second = story.run();
    await second.untilLogged(
      /^Queue story is paused: .* asked for it at .*: the SMTP server moves$/,
    );
    const address = await httpOf(second);
    const { pid, queues: [paused] } = await second.until("it is paused", async () => {
      const snapshot = await story.snapshot();
      return snapshot.queues[0]?.state === "paused" ? snapshot : undefined;
    });
    assert.equal(pid, second.pid, "the socket of the killed process is gone");
    assert.equal(paused?.processed, 0);
    assert.equal(paused?.paused?.reason, "the SMTP server moves");
    second.signal("SIGTSTP");
    second.signal("SIGCONT");
    assert.equal((await story.snapshot()).queues[0]?.state, "paused", "SIGCONT does not resume it");
    assert.deepEqual(await story.command("log-level", "debug"), [
      0,
      `process ${second.pid} logs from debug on for 15m`,
    ]);
    await story.command("resume", "story", "--yes");
    await second.untilLogged(/^the handler runs$/);
    await story.command("publish", "story", '{"n":-1}');
    const metrics = await second.until("the failure is counted", async () => {
      const [, text] = await get(address, "/metrics");
      return text.includes('{queue="story",outcome="failed"} 1') ? text : undefined;
    });
    assert(metrics.includes('{queue="story",outcome="processed"} 1'));
    const [code, line] = await story.command("restart", "story", "--yes");
    assert.equal(code, 0);
    assert.match(line ?? "", /^story: restarted in process \d+, now /);
    const after = await second.until("the new thread consumes", async () => {
      const { queues: [queue] } = await story.snapshot();
      return queue?.state === "consuming" && queue.restarts === 1 ? queue : undefined;
    });
    assert.equal(after.groups[0]?.message, "n is -1");
    assert.equal(after.last_error?.in_a_row, 1);
    second.signal("SIGUSR2");
    const status = await second.untilLogged(/^Status of queue story: consuming, /);
    assert.match(status.message, /1 processed, 0 retried, 1 failed$/);
    second.signal("SIGTERM");
    assert.equal((await second.end()).code, 0);
    assert.deepEqual([...Deno.readDirSync(`${folder}/var/control`)], []);
  });
});

Deno.test("a process whose broker is unavailable is alive and not ready, and its port may be taken", async () => {
  await withFolder(async (folder) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    // Nobody listens on the port of a listener that is closed.
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `amqp://guest:sesame@127.0.0.1:${(free.addr as Deno.NetAddr).port}/`;
    free.close();
    const story = new Story(folder, { AMQP_URL: url, BROKER_WAIT_SECONDS: "3600" });
    await using program = story.start("--queue_name", "story", "--http", String(port));
    const error = await program.untilLogged(/^HTTP cannot listen on/);
    assert.match(error.message, /It is tried again in 30 s; the queues run on$/);
    taken.close();
    await program.until("the socket is there", async () => {
      return (await story.command("health", "--live"))[0] === 0;
    });
    const [code, ...lines] = await story.command("health", "--ready");
    assert.deepEqual([code, ...lines], [
      1,
      `process ${program.pid}: broker: unavailable`,
      `process ${program.pid}: story: starting`,
    ]);
    const { state, broker } = await story.snapshot();
    assert.deepEqual([state, broker.up], ["starting", false]);
    assert(!JSON.stringify(broker).includes("sesame"));
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
});
