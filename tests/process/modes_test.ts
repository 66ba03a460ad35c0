/**
 * Signals mean the same however queues are run: in a thread, in the main thread, several at once,
 * on RabbitMQ or on the embedded broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Program } from "../fixtures/process/program.ts";
import { modesTest } from "../fixtures/process/modes.ts";
import type { ProgramFixture } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

modesTest(
  "SIGTERM lets the running event finish and releases the others",
  async (fixture, start) => {
    await fixture.worker();
    const file = `${fixture.folder}/go`;
    await fixture.publish([{ do: "wait", file, n: 0 }, { n: 1 }, { n: 2 }]);
    const program = start();
    await fixture.untilWritten("started", 1);
    program.signal("SIGTERM");
    await fixture.untilReady(2);
    await fixture.write("go", "");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(fixture.ledgerOf("done", "n"), [0]);
    assert.equal(await fixture.client.ready(fixture.queue), 2);
  },
);

modesTest(
  "a signal that comes twice at once counts as one, as with Ctrl-C",
  async (fixture, start) => {
    await fixture.worker();
    const file = `${fixture.folder}/go`;
    await fixture.publish([{ do: "wait", file, n: 0 }]);
    const program = start();
    await fixture.untilWritten("started", 1);
    program.signal("SIGINT");
    program.signal("SIGINT");
    await program.untilLogged(/ha(s|ve) [\d.]+ s to finish/);
    await fixture.write("go", "");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(fixture.ledgerOf("done", "n"), [0]);
  },
);

modesTest("a second signal releases everything at once", async (fixture, start) => {
  await fixture.worker();
  await fixture.publish([{ do: "rejectOnAbort" }, {}]);
  const program = start({ STOP_GRACE_SECONDS: "3600" });
  await fixture.untilWritten("started", 1);
  program.signal("SIGTERM");
  await program.untilLogged(/^Worker 0 disconnecting/);
  program.signal("SIGINT");
  assert.equal((await program.end()).code, 0);
  assert.deepEqual(fixture.ledger.map(({ what }) => what), ["started", "aborted"]);
  await fixture.untilReady(2);
  const message = await fixture.client.take(fixture.queue);
  assert.equal(message?.properties.headers?.["x-pq-attempts"], undefined);
});

modesTest("the same signal again a while later releases everything", async (fixture, start) => {
  await fixture.worker();
  await fixture.publish([{ do: "rejectOnAbort" }]);
  const program = start({ STOP_GRACE_SECONDS: "3600" });
  await fixture.untilWritten("started", 1);
  await until("it has ended", () => {
    program.signal("SIGTERM");
    return fixture.ledger.some(({ what }) => what === "aborted");
  });
  assert.equal((await program.end()).code, 0);
});

modesTest(
  "signals that come up to its very end do not change how it ends",
  async (fixture, start) => {
    await fixture.worker();
    await fixture.publish([{ n: 0 }]);
    const program = start();
    await fixture.untilWritten("done", 1);
    program.signal("SIGUSR1");
    await program.untilLogged(/^SIGUSR1 received/);
    await until("it has ended", () => signalsUntilEnd(program, ["SIGTERM", "SIGUSR2", "SIGTSTP"]));
    const { code, signal } = await program.end();
    assert.deepEqual({ code, signal }, { code: 3, signal: null });
  },
);

/** Sends signals for as long as the process runs. @returns Whether it had ended. */
function signalsUntilEnd(program: Program, signals: readonly Deno.Signal[]): boolean {
  try {
    for (const signal of signals) program.signal(signal);
    return false;
  } catch {
    return true;
  }
}

async function untilNobodyConsumes({ client, queue }: ProgramFixture): Promise<void> {
  await until("nobody consumes", async () => {
    return (await client.channel.checkQueue(queue)).consumerCount === 0;
  });
}

modesTest("SIGUSR1 drains and ends with 3", async (fixture, start) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ do: "wait", file }, {}]);
  const program = start();
  await fixture.untilWritten("started", 1);
  program.signal("SIGUSR1");
  await program.untilLogged(/^SIGUSR1 received\. Restarting this queue processor\.$/);
  await untilNobodyConsumes(fixture);
  await fixture.write("go", "");
  assert.equal((await program.end()).code, 3);
  assert.equal(fixture.ledgerOf("done", "do").length, 1);
});

modesTest("SIGTSTP stops taking events until SIGCONT", async (fixture, start) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  const program = start();
  await fixture.untilWritten("done", 1);
  program.signal("SIGTSTP");
  await untilNobodyConsumes(fixture);
  await fixture.publish([{ n: 1 }]);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
  program.signal("SIGCONT");
  await fixture.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

modesTest("SIGUSR2 says how each queue and the process are", async (fixture, start, isThread) => {
  await fixture.worker({ retries: [] });
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ n: 0, do: "throw" }, { do: "wait", file, n: 1 }, { n: 2 }]);
  const program = start();
  await fixture.untilWritten("started", 2);
  await until("the status tells of the failure", () => {
    program.signal("SIGUSR2");
    return program.log.some((line) => line["queue"] === fixture.queue && line["failed"] === 1);
  });
  const [line] = program.log.filter((line) => line["failed"] === 1);
  assert.equal(line?.["state"], "consuming");
  assert.equal(line["in_flight"], 2);
  const running = line["running"] as { id: unknown; age: unknown };
  assert.equal(running.id, "1");
  assert.equal(typeof running.age, "number");
  const heapMb = line["heap_mb"];
  if (isThread) assert(typeof heapMb === "number" && heapMb > 0 && heapMb < 256, `${heapMb} MB`);
  else assert.equal(heapMb, undefined);
  assert.match(String(line["last_error"]), /^Error: this event is broken/);
  await program.untilLogged(/^Status of the process: [123] queues?, 0 parked, [0-9]+ MB$/);
  await fixture.write("go", "");
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

modesTest("signals during the start and during the shutdown do no harm", async (fixture, start) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ do: "wait", file, n: 0 }]);
  const program = start();
  await until("it has started", () => program.stderr.length > 0);
  for (const signal of ["SIGUSR2", "SIGTSTP", "SIGCONT", "SIGUSR2"] as const) {
    program.signal(signal);
  }
  await fixture.untilWritten("started", 1);
  program.signal("SIGTERM");
  await program.untilLogged(/^Worker 0 disconnecting/);
  for (const signal of ["SIGUSR2", "SIGTSTP", "SIGCONT"] as const) program.signal(signal);
  await fixture.write("go", "");
  assert.equal((await program.end()).code, 0);
  assert.deepEqual(fixture.ledgerOf("done", "n"), [0]);
});
