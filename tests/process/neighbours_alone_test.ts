/**
 * Whatever the worker of one queue does, another queue of the process does not notice, and what is
 * to blame is dead-lettered alone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Neighbours } from "../fixtures/process/neighbours.ts";
import { until } from "../fixtures/until.ts";
import { rabbitmqTest } from "../servers.ts";

/** What a handler is told to do, and why its event is given up then. */
const DEEDS: readonly (readonly [order: object, reason: string, logged?: RegExp])[] = [
  [{ do: "throw" }, "error"],
  [{ do: "throwNull" }, "error"],
  [{ do: "messages" }, "error"],
  [{ do: "onmessage" }, "error"],
  [{ do: "exit" }, "crashed", /The thread of .* ended \(crashed\)/],
  [{ do: "processExit" }, "crashed"],
  [{ do: "close" }, "crashed"],
  [{ do: "hang" }, "timeout", /did not return when it was aborted after 1 seconds/],
  [{ do: "loop" }, "timeout"],
  [{ do: "regularExpression" }, "timeout"],
  [{ code: `${"a".repeat(60)}b` }, "timeout"],
  [{ do: "atomicsWait" }, "timeout"],
  [{ do: "loopThatCatches" }, "timeout"],
  [{ do: "microtasks" }, "timeout"],
  [{ do: "heap" }, "out of memory", /The thread of .* ended \(out of memory\)/],
  [{ do: "heapInTimer" }, "out of memory"],
  [{ do: "publish" }, "out of memory"],
];

for (const type of ["classic", "quorum"] as const) {
  rabbitmqTest(`what one worker does, its neighbour does not notice (${type})`, async (server) => {
    await using both = await Neighbours.open(server.url, {
      type,
      worker: { maxConsumeSeconds: 1, maxHeapMb: 64 },
    });
    const connections = both.connections;
    for (const [order, reason, logged] of DEEDS) {
      const since = Date.now();
      const done = both.done.length;
      await both.order({ n: 1 }, order, { n: 2 });
      const told = JSON.stringify(order);
      assert.equal((await both.deadLetter(told))["x-pq-reason"], reason, told);
      await both.untilDone(done + 2);
      if (logged) await both.program.untilLogged(logged);
      if (reason !== "error") assertTakenOver(both, told);
      if (reason === "out of memory") assertToldInTime(both, told);
      await until("two threads run", () => both.threads === 2);
      await both.assertUnharmed(since);
    }
    await rejectLater(both);
    await both.assertNothingLost();
    assert(both.stage.ledger.every(({ attempt }) => attempt === 1));
    assert.equal(await both.stage.client.ready(both.stage.queue), 0);
    assert.deepEqual(both.connections, connections);
    both.program.signal("SIGTERM");
    assert.equal((await both.program.end()).code, 0);
  });
}

/** Where a thread was ended, the next has had an effect within a second. */
function assertTakenOver(both: Neighbours, order: string): void {
  const ended = both.lastLogged(/^The (thread|worker) of .* (ended|is ended)/);
  const { at = Infinity } = both.done.at(-1) ?? {};
  assert(at - ended < 1000, `${at - ended} ms after ${order}`);
}

/** A heap that is full is told of within a second of the last that it could hold. */
function assertToldInTime(both: Neighbours, order: string): void {
  const told = both.lastLogged(/^The thread of .* ended \(out of memory\)/);
  const held = both.heldAt;
  assert(held > 0 && told - held < 1000, `${told - held} ms after ${order}`);
}

/** A rejection outside of its event's promise: its thread is begun anew when what runs has ended. */
async function rejectLater(both: Neighbours): Promise<void> {
  const since = Date.now();
  const done = both.done.length;
  await both.order({ do: "rejectLater" }, { do: "slow" }, { do: "slow" }, { do: "slow" });
  await both.program.untilLogged(/^Unhandled exception from queue: /);
  await both.untilDone(done + 4);
  await both.assertUnharmed(since);
}
