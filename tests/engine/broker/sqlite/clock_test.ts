import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { Broker } from "../../../../lib/engine/broker/broker.ts";
import { Clock, timeAfter, timeAtStart } from "../../../../lib/engine/broker/sqlite/clock.ts";
import { ensureTables } from "../../../../lib/engine/broker/sqlite/schema.ts";
import { openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { until } from "../../../fixtures/until.ts";

const HOUR = 3_600_000;
const START = 1_000 * HOUR;

/** A host whose wall clock can be set, with a file that its processes share. */
class Host implements Disposable {
  wall = START;
  steady = 5;
  readonly #db = new DatabaseSync(":memory:");

  constructor() {
    ensureTables(this.#db, "in memory");
  }

  /** The clock of a process that starts now. */
  start(): Clock {
    return new Clock(this.#db, { wall: () => this.wall, steady: () => this.steady });
  }

  pass(ms: number): void {
    this.wall += ms;
    this.steady += ms;
  }

  /** Stores the time, as a transaction does. */
  store(clock: Clock): number {
    const time = clock.stamp();
    clock.write();
    return time;
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

Deno.test("timeAfter is the wall clock, or goes on by the monotonic clock", () => {
  const last = { time: START, steady: 100 };
  const rows: [wall: number, steady: number, time: number][] = [
    [START + 10, 110, START + 10],
    [START - 40_000, 110, START + 10],
    [START + HOUR, 110, START + HOUR],
    [START - HOUR, 90, START],
  ];
  for (const [wall, steady, time] of rows) assert.equal(timeAfter(last, wall, steady), time);
});

Deno.test("timeAtStart is not before the latest event, and as far ahead as it was", () => {
  const rows: [wall: number, latest: number, ahead: number, time: number][] = [
    [START, 0, 0, START],
    [START, START - 10, 0, START],
    [START - HOUR, START, 0, START],
    [START, START + HOUR, HOUR, START + HOUR],
    [START + 10, START + HOUR, HOUR, START + HOUR + 10],
  ];
  for (const [wall, latest, ahead, time] of rows) {
    assert.equal(timeAtStart(wall, { latest, ahead }), time);
  }
});

Deno.test("a process learns from the file how far the clock of another is ahead", () => {
  using host = new Host();
  const first = host.start();
  host.pass(10);
  assert.equal(first.hasToTell(), false);
  host.wall -= 2 * HOUR;
  assert.equal(first.hasToTell(), true);
  host.store(first);
  assert.equal(first.hasToTell(), false);
  host.pass(60_000);
  assert.equal(host.start().now(), first.now());
});

Deno.test("the clock is the wall clock again when that is put right", () => {
  using host = new Host();
  const clock = host.start();
  for (const step of [-HOUR, HOUR + 1]) {
    host.wall += step;
    clock.now();
  }
  host.store(clock);
  assert.equal(host.start().now(), host.wall);
});

Deno.test("whatever happens to the wall clock, no wait is longer than its own length", () => {
  const ms = fc.integer({ min: -3 * HOUR, max: 3 * HOUR });
  const change = fc.record({ passes: fc.nat(100_000), step: ms, isDown: fc.boolean() });
  fc.assert(fc.property(fc.array(change, { maxLength: 20 }), fc.nat(100_000), (changes, delay) => {
    using host = new Host();
    let clock = host.start();
    const due = host.store(clock) + delay;
    let up = 0;
    for (const { passes, step, isDown } of changes) {
      host.wall += step;
      if (isDown) {
        host.pass(passes);
        clock = host.start();
        up = 0;
      } else {
        clock.now();
        host.pass(passes);
        up += passes;
      }
      if (up >= delay) assert.ok(clock.sharedNow() >= due, `${due - clock.now()} ms more`);
    }
  }));
});

/** Sets the wall clock of this process, until it is disposed of. */
function setClock(ms: number): Disposable {
  const now = Date.now;
  Date.now = () => now() + ms;
  return { [Symbol.dispose]: () => void (Date.now = now) };
}

/** Takes the event of a queue. @returns Its runs, and what settles it so that it waits. */
async function takeAndRetry(broker: Broker, delay: number): Promise<{ readonly runs: number }> {
  const taken = { runs: 0, waiting: 0 };
  const error = { name: "Error", message: "not this time" };
  const subscription = broker.subscribe("q", {
    onDelivery: async (delivery) => {
      if (++taken.runs > 1) return void subscription.settle(delivery, { kind: "done" });
      const settlement = { kind: "retry", delay, attempts: 1, crashes: 0 } as const;
      await subscription.settle(delivery, { ...settlement, reason: "error", error });
      taken.waiting++;
    },
    onLost: () => {},
  });
  await subscription.resume(1);
  await until("it waits", () => taken.waiting === 1);
  return taken;
}

for (const seconds of [40, 7200]) {
  Deno.test(`SQLite: an event that waits runs in time when the clock is set back by ${seconds} s`, () =>
    inFolder(async (stateDir) => {
      await using broker = await openSqliteBroker({ stateDir });
      await broker.declare("q");
      await broker.publish("q", "1");
      const taken = await takeAndRetry(broker, 1);
      using _clock = setClock(-seconds * 1000);
      await until("it ran again", () => taken.runs === 2, 30);
    }));
}

Deno.test("SQLite: an event that waits runs in time when the clock was set back while no process ran", () =>
  inFolder(async (stateDir) => {
    {
      await using broker = await openSqliteBroker({ stateDir });
      await broker.declare("q");
      await broker.publish("q", "1");
      await takeAndRetry(broker, 1);
    }
    using _clock = setClock(-7_200_000);
    await using broker = await openSqliteBroker({ stateDir });
    await until("it is ready", async () => (await broker.depth("q"))?.ready === 1);
  }));
