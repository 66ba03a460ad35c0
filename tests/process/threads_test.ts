/**
 * Threads that cannot be started, cannot be ended, or do not respond.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Neighbours } from "../fixtures/process/neighbours.ts";
import { ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";
import { rabbitmqTest } from "../servers.ts";

const HANGS = { maxConsumeSeconds: 1, retries: [] } as const;
const NO_GRACE = { ABORT_GRACE_SECONDS: "0" } as const;

programTest(
  "each time a handler hangs counts as an attempt, and its neighbours have none counted",
  async (fixture) => {
    await fixture.worker({ maxConsumeSeconds: 1, retries: [1] });
    await fixture.publish([{ n: 0 }, { n: 1, do: "loop" }, { n: 2 }, { n: 3 }]);
    const program = fixture.consume([], NO_GRACE);
    await fixture.untilReady(1, `${fixture.queue}.failed`);
    const message = await fixture.client.take(`${fixture.queue}.failed`);
    const headers = message?.properties.headers ?? {};
    assert.equal(headers["x-pq-reason"], "timeout");
    assert.equal(headers["x-pq-attempts"], 2);
    assert.equal(headers["x-pq-error-name"], "WorkerTimeoutError");
    assert.deepEqual(fixture.ledgerOf("done", "n"), [0, 2, 3]);
    const attempts = fixture.ledger.filter(({ event }) => event["n"] !== 1);
    assert(attempts.every(({ attempt }) => attempt === 1));
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  },
);

programTest(
  "a stop reports the thread that it cannot end, whose event comes again",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{ do: "native" }]);
    const program = fixture.consume([], { STOP_GRACE_SECONDS: "1" });
    await fixture.untilWritten("started", 1);
    program.signal("SIGTERM");
    await program.untilLogged(/^A thread of .* cannot be ended, .*: it ends with the process$/);
    assert.equal((await program.end()).code, 0);
    await fixture.untilReady(1);
  },
);

onBothStages(
  "of a batch that hangs in its thread, only the event that hangs is given up",
  async (fixture) => {
    await fixture.worker({ ...HANGS, batch: { size: 10, seconds: 0 } });
    await fixture.publish([0, 1, 2, 3, 4].map((n) => n === 2 ? { n, do: "loop" } : { n }));
    const { code, stdout } = await fixture.drain(NO_GRACE);
    assert.deepEqual([code, stdout], [0, ["done 4, retried 0, failed 1, waiting for retry 0"]]);
    assert.deepEqual(new Set(fixture.ledgerOf("done", "n")), new Set([0, 1, 3, 4]));
    assert.equal((await fixture.client.take(`${fixture.queue}.failed`))?.properties.messageId, "2");
  },
);

for (const order of ["exit", "heap", "loop", "hang"]) {
  onBothStages(
    `beside others (concurrency 3), "${order}" is given up and they are not`,
    async (fixture) => {
      await fixture.worker({ ...HANGS, maxHeapMb: 64, concurrency: 3 });
      const orders = [0, 1, 2, 3, 4, 5].map((n) => n === 1 ? { n, do: order } : { n, do: "slow" });
      await fixture.publish(orders);
      const { code, stdout } = await fixture.drain(NO_GRACE);
      assert.deepEqual([code, stdout], [0, ["done 5, retried 0, failed 1, waiting for retry 0"]]);
      assert.deepEqual(new Set(fixture.ledgerOf("done", "n")), new Set([0, 2, 3, 4, 5]));
      assert(fixture.ledger.every(({ attempt }) => attempt === 1));
    },
  );
}

programTest(
  "of errors outside of any event, the first are logged, and the number of the others",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{ n: 0, do: "rejectOften" }, { n: 1 }]);
    const program = fixture.consume();
    await program.untilLogged(
      /^[0-9]+ more unhandled exceptions from queue .* are not logged one by one$/,
    );
    await fixture.untilWritten("done", 2);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const told = program.log.filter(({ message }) => message.startsWith("Unhandled exception"));
    const more = program.log.filter(({ message }) => message.includes(" more unhandled "));
    assert.equal(told.length, 20);
    assert.equal(
      told[0]?.message,
      `Unhandled exception from queue: ${fixture.queue}. A promise in the handler of 0 was ` +
        "rejected and not awaited: add `await`, or catch its error",
    );
    assert.equal(more.reduce((sum, line) => sum + Number(line["count"]), 0), 20_000 - 20);
    assert(program.log.length < 60, `${program.log.length} lines`);
  },
);

programTest("a worker that wants another heap each time gets one of them", async (fixture) => {
  const loads = await fixture.write("loads", "");
  await fixture.write(
    `workers/${fixture.queue}.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     Deno.writeTextFileSync(${JSON.stringify(loads)}, "x", { append: true });
     const maxHeapMb = 100 + Deno.statSync(${JSON.stringify(loads)}).size;
     export default defineWorker({
       queue: "${fixture.queue}", event: z.unknown(), maxHeapMb, consume() {}
     });`,
  );
  await fixture.publish([{ n: 0 }]);
  const { code, stdout } = await fixture.drain();
  assert.deepEqual([code, stdout], [0, ["done 1, retried 0, failed 0, waiting for retry 0"]]);
  assert.equal(Deno.readTextFileSync(loads), "xx");
});

programTest(
  "a worker whose file was changed keeps the numbers it had at first",
  async (fixture) => {
    const exit = (n: number) => ({ n, do: "exit" });
    const slow = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ n, do: "slow" }));
    await fixture.worker({ retries: [] });
    await fixture.publish([{ n: 0 }]);
    const program = fixture.consume();
    await fixture.untilWritten("done", 1);
    await fixture.worker({ retries: [], concurrency: 5, prefetch: 1000 });
    await fixture.publish([exit(1), ...slow, exit(10)]);
    await fixture.untilReady(2, `${fixture.queue}.failed`);
    await fixture.publish([{ n: 11 }]);
    await fixture.untilWritten("done", 2 + slow.length);
    const lines = fixture.ledger.map(({ what, event }) => {
      return `${what} ${event["n"]}`;
    });
    assert.equal(lines.indexOf("done 2"), lines.indexOf("started 2") + 1, lines.join("\n"));
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  },
);

programTest(
  "a worker that takes batches now, and did not at first, waits for a restart",
  async (fixture) => {
    await fixture.worker({ retries: [] });
    await fixture.publish([{ n: 0 }]);
    const program = fixture.consume([], { MAX_RESTARTS: "0" });
    await fixture.untilWritten("done", 1);
    await fixture.worker({ retries: [], batch: { size: 2, seconds: 0 } });
    await fixture.publish([{ n: 1, do: "exit" }]);
    const line = await program.untilLogged(/^Queue .* is parked: its worker failed 1 time within/);
    assert.match(
      String(line["reason"]),
      /takes its events in batches, but took them one by one when this process started: restart the /,
    );
    assert.equal((await program.end()).code, 3);
  },
);

programTest("a thread that does not respond is replaced", async (fixture) => {
  await fixture.worker({ retries: [], prefetch: 1 });
  await fixture.publish([{ n: 0, do: "unresponsive" }, { n: 1 }]);
  const program = fixture.consume();
  await program.untilLogged(
    /^The thread of .* did not respond for [56] s though no event ran in it: it is ended, and a /,
  );
  await fixture.untilWritten("done", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest(
  "a stop does not wait its whole grace for a thread that does not respond",
  async (fixture) => {
    await fixture.worker({ retries: [], prefetch: 1 });
    await fixture.publish([{ n: 0, do: "unresponsive" }, { n: 1 }]);
    const program = fixture.consume([], { STOP_GRACE_SECONDS: "3600" });
    await fixture.untilReady(1, `${fixture.queue}.failed`);
    await fixture.untilReady(0);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    await fixture.untilReady(1);
  },
);

programTest("a stop does not wait for a setup that hangs", async (fixture) => {
  await fixture.worker({ setup: `${fixture.folder}/never` });
  const program = fixture.consume([], { STOP_GRACE_SECONDS: "3600" });
  await program.untilLogged(/^Waiting for /);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("where every queue is parked, the process ends with 3", async (fixture) => {
  await broken(fixture);
  const { code } = await fixture.run(["--multi_threaded", fixture.queue], { MAX_RESTARTS: "0" });
  assert.equal(code, 3);
});

programTest("a queue that only waits to retry does not end the process", async (fixture) => {
  await fixture.worker({ retries: [1] });
  const { channel } = fixture.client;
  await channel.assertQueue(`${fixture.queue}.retry.1s`, { arguments: { "x-max-length": 7 } });
  await fixture.publish(Array.from({ length: 60 }, (_, n) => ({ n, do: "throw" })));
  const other = `${fixture.queue}_broken`;
  await fixture.write(`workers/${other}.ts`, "throw new Error('not today');");
  const program = fixture.start(["--multi_threaded", fixture.queue, other], { MAX_RESTARTS: "0" });
  await program.untilLogged(/is parked for 300 s: \d+ events could be neither retried/);
  await program.untilLogged(/is parked: its worker failed 1 time within/);
  program.signal("SIGUSR2");
  await program.untilLogged(/^Status of the process: 2 queues, 2 parked/);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

rabbitmqTest(
  "--exit-when-parked ends the process with 3, with its other queues",
  async (server) => {
    await using both = await Neighbours.open(server.url, { type: "classic" });
    const { fixture } = both;
    await broken(fixture);
    const queues = [...Deno.readDirSync(`${fixture.folder}/workers`)].map(({ name }) => {
      return name.replace(/\.ts$/, "");
    });
    const args = ["--multi_threaded", ...queues, "--exit-when-parked"];
    assert.equal((await fixture.run(args, { MAX_RESTARTS: "0" })).code, 3);
  },
);

programTest("--all runs what is enabled and no test queue, and says so", async (fixture) => {
  await fixture.worker();
  const off = `${fixture.queue}_off`;
  await fixture.write(
    `workers/${off}.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({
       queue: "${off}", event: z.unknown(), enabled: () => 0, consume() {}
     });`,
  );
  await fixture.publish([{ n: 0 }]);
  const program = fixture.start(["--all"]);
  const line = await program.untilLogged(/^[0-9]+ queue worker threads were launched$/);
  const launched = program.log.filter(({ message }) => /^launching queue worker/.test(message));
  const names = launched.map(({ message }) => message.replace(/.* /, "")).sort();
  assert.equal(line["count"], names.length);
  assert(names.includes(fixture.queue) && names.includes("user_activity"));
  assert.deepEqual(names.filter((name) => /^(noop|test)|_off/.test(name)), []);
  await fixture.untilWritten("done", 1);
  const files = [...Deno.readDirSync(`${fixture.folder}/stats`)].map(({ name }) => name).sort();
  assert.deepEqual(files.filter((name) => /^(noop|test)|_off/.test(name)), []);
  assert.equal(await fixture.client.ready(off), undefined, "its queue is not even made");
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("the main thread loads no worker", async (fixture) => {
  const file = await fixture.write("where", "");
  await fixture.write(
    `workers/${fixture.queue}.ts`,
    `import { isMainThread } from "node:worker_threads";
     Deno.writeTextFileSync(${JSON.stringify(file)}, isMainThread + "\\n", { append: true });
     import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${fixture.queue}", event: z.unknown(), consume() {} });`,
  );
  await fixture.publish([{ n: 0 }]);
  for (const mode of [["--queue_name"], ["--multi_threaded"]]) {
    const { code } = await fixture.run([...mode, fixture.queue, "--drain"]);
    assert.equal(code, 0);
  }
  const lines = Deno.readTextFileSync(file).trim().split("\n");
  assert.deepEqual(lines, ["false", "false"]);
});

async function broken(fixture: ProgramFixture): Promise<void> {
  await fixture.write(`workers/${fixture.queue}.ts`, "throw new Error('not today');");
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
function onBothStages(name: string, test: (fixture: ProgramFixture) => Promise<void>): void {
  onBothTypes(name, async (server, type) => {
    await using fixture = await ProgramFixture.open(server.url);
    fixture.queueType = type;
    await test(fixture);
  });
}
