/**
 * Whatever the worker of one queue does, it does not disturb another queue of the process, and only
 * the event that did it is dead-lettered.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Neighbours } from "../fixtures/process/neighbours.ts";
import { assertWithin } from "../fixtures/pace.ts";
import { until } from "../fixtures/until.ts";
import { rabbitmqTest } from "../servers.ts";

/** What a handler does, the reason for which its event is given up, and what is logged. */
type Deed = readonly [order: object, reason: string, logged?: RegExp];

/** Handlers that end by themselves, however long they take. */
const ENDING: readonly Deed[] = [
  [{ do: "throw" }, "error"],
  [{ do: "throwNull" }, "error"],
  [{ do: "messages" }, "error"],
  [{ do: "onmessage" }, "error"],
  [{ do: "exit" }, "crashed", /The thread of .* ended \(crashed\)/],
  [{ do: "processExit" }, "crashed"],
  [{ do: "close" }, "crashed"],
  [{ do: "heap" }, "out of memory", /The thread of .* ended \(out of memory\)/],
  [{ do: "heapInTimer" }, "out of memory"],
  [{ do: "publish" }, "out of memory"],
];

/** Handlers that never end. */
const ENDLESS: readonly Deed[] = [
  [{ do: "hang" }, "timeout", /did not return when it was aborted after 1 seconds/],
  [{ do: "loop" }, "timeout"],
  [{ do: "regularExpression" }, "timeout"],
  [{ code: `${"a".repeat(60)}b` }, "timeout"],
  [{ do: "atomicsWait" }, "timeout"],
  [{ do: "loopThatCatches" }, "timeout"],
  [{ do: "microtasks" }, "timeout"],
];

for (const type of ["classic", "quorum"] as const) {
  rabbitmqTest(`a failing handler does not disturb another queue (${type})`, async (server) => {
    // A slow machine takes seconds to fill a heap.
    await using both = await open(server.url, type, 60);
    await unharmedBy(both, ENDING);
    await rejectLater(both);
    await assertEndsWell(both);
  });

  rabbitmqTest(
    `an endless handler does not disturb another queue (${type})`,
    async (server) => {
      await using both = await open(server.url, type, 1);
      await unharmedBy(both, ENDLESS);
      await assertEndsWell(both);
    },
  );
}

/** @param seconds How long an event of the scripted worker may run. */
async function open(
  url: string,
  type: "classic" | "quorum",
  seconds: number,
): Promise<Neighbours> {
  const worker = { maxConsumeSeconds: seconds, maxHeapMb: 64 };
  return await Neighbours.open(url, { type, worker });
}

/** Each deed gives up its own event only, with its reason, over the same connections. */
async function unharmedBy(both: Neighbours, deeds: readonly Deed[]): Promise<void> {
  const connections = both.connections;
  for (const [order, reason, logged] of deeds) {
    const since = Date.now();
    const done = both.done.length;
    await both.publish({ n: 1 }, order, { n: 2 });
    const what = JSON.stringify(order);
    assert.equal((await both.deadLetter(what))["x-pq-reason"], reason, what);
    await both.untilDone(done + 2);
    if (logged) await both.program.untilLogged(logged);
    if (reason !== "error") await assertTakenOver(both, what);
    if (reason === "out of memory") await assertToldInTime(both, what);
    await until("two threads run", () => both.threads === 2);
    await both.assertUnharmed(since);
  }
  assert.deepEqual(both.connections, connections);
}

async function assertEndsWell(both: Neighbours): Promise<void> {
  await both.assertNothingLost();
  assert(both.fixture.ledger.every(({ attempt }) => attempt === 1));
  assert.equal(await both.fixture.client.ready(both.fixture.queue), 0);
  both.program.signal("SIGTERM");
  assert.equal((await both.program.end()).code, 0);
}

/** Where a thread was ended, the next has had an effect within a second. */
async function assertTakenOver(both: Neighbours, order: string): Promise<void> {
  const ended = both.lastLogged(/^The (thread|worker) of .* (ended|is ended)/);
  const { at = Infinity } = both.done.at(-1) ?? {};
  await assertWithin(at - ended, 1000, `until the next event after ${order}`);
}

/** A full heap is reported within a second of the last that it could hold. */
async function assertToldInTime(both: Neighbours, order: string): Promise<void> {
  const told = both.lastLogged(/^The thread of .* ended \(out of memory\)/);
  const held = both.heldAt;
  assert(held > 0);
  await assertWithin(told - held, 1000, `until ${order} was reported`);
}

/** A rejection outside of its event's promise: its thread is restarted when what runs has ended. */
async function rejectLater(both: Neighbours): Promise<void> {
  const since = Date.now();
  const done = both.done.length;
  await both.publish({ do: "rejectLater" }, { do: "slow" }, { do: "slow" }, { do: "slow" });
  await both.program.untilLogged(/^Unhandled exception from queue: /);
  await both.untilDone(done + 4);
  await both.assertUnharmed(since);
}
