/**
 * Passes of loops: when they begin, what aborts them, what is said of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type LoopListener, Loops, type LoopsOptions } from "../../../lib/engine/host/loops.ts";
import { FakeClock } from "../../../lib/testing/clock.ts";
import type { LoopOptions } from "../../../lib/worker.ts";
import { Conditions } from "../../fixtures/executor.ts";

/** Loops on a clock that the test advances, and everything that is said of them. */
class Bench extends Conditions implements LoopListener, AsyncDisposable {
  readonly clock = new FakeClock();
  readonly said: string[] = [];
  readonly #loops: Loops;

  constructor(loops: readonly LoopOptions[], options: Partial<LoopsOptions> = {}) {
    super();
    this.#loops = new Loops(loops, {
      queue: "q",
      listener: this,
      after: (ms, run) => {
        this.#say(`waits ${ms / 1000} s`);
        return this.clock.after(ms, run);
      },
      ...options,
    });
    this.#loops.start();
  }

  began(loop: string, maxSeconds: number): void {
    this.#say(`${loop} began (${maxSeconds} s)`);
  }

  ended(loop: string): void {
    this.#say(`${loop} ended`);
  }

  failed(loop: string, { name, message }: Error, waitSeconds: number): void {
    this.#say(`${loop} failed, ${waitSeconds} s: ${name}: ${message}`);
  }

  stop(): Promise<void> {
    return this.#loops.stop();
  }

  /** Resolves when a loop waits for the clock, with what was said since the last time. */
  async untilItWaits(): Promise<string[]> {
    await this.until("a loop waits", () => this.said.at(-1)?.startsWith("waits") === true);
    return this.said.splice(0, Infinity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #say(text: string): void {
    this.said.push(text);
    this.changed();
  }
}

function loop(run: LoopOptions["run"], options: Partial<LoopOptions> = {}): LoopOptions {
  return { name: "tidy", everySeconds: 10, maxSeconds: 60, run, ...options };
}

/** Rejects when the signal is aborted, with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

Deno.test("passes follow each other at the loop's distance, the first at once", async () => {
  await using bench = new Bench([loop(() => {})]);
  const pass = ["tidy began (60 s)", "tidy ended", "waits 10 s"];
  assert.deepEqual(await bench.untilItWaits(), pass);
  bench.clock.advance(9999);
  assert.deepEqual(bench.said, []);
  bench.clock.advance(1);
  assert.deepEqual(await bench.untilItWaits(), pass);
});

Deno.test("a pass that returns true is followed at once by the next, after others had their turn", async () => {
  const order: string[] = [];
  await using bench = new Bench([loop(() => {
    order.push("pass");
    if (order.length === 1) setTimeout(() => order.push("another"), 0);
    return !order.includes("another");
  })]);
  await bench.untilItWaits();
  assert.deepEqual([order[0], order.at(-2), order.at(-1)], ["pass", "another", "pass"]);
});

Deno.test("a pass that throws is reported, and each further one waits twice as long", async () => {
  let isBroken = true;
  await using bench = new Bench([loop(() => {
    if (isBroken) throw new TypeError("broken");
  })]);
  for (const seconds of [10, 20, 40]) {
    assert.deepEqual(await bench.untilItWaits(), [
      "tidy began (60 s)",
      `tidy failed, ${seconds} s: TypeError: broken`,
      `waits ${seconds} s`,
    ]);
    isBroken = seconds < 40;
    bench.clock.advance(seconds * 1000);
  }
  assert.deepEqual((await bench.untilItWaits()).slice(1), ["tidy ended", "waits 10 s"]);
});

for (
  const [what, run] of Object.entries({
    "that throws at its limit": aborted,
    "that returns after its limit": (signal: AbortSignal) => aborted(signal).catch(() => {}),
    "that throws something else at its limit": (signal: AbortSignal) =>
      aborted(signal).catch(() => Promise.reject(new Error("no connection"))),
  })
) {
  Deno.test(`a pass ${what} has failed`, async () => {
    await using bench = new Bench([loop(run, { maxSeconds: 0.01 })]);
    assert.equal(
      (await bench.untilItWaits())[1],
      "tidy failed, 10 s: LoopTimeoutError: A pass of the loop tidy of q did not end within 0.01 s",
    );
  });
}

Deno.test("a stop aborts the pass that runs, waits for it, and is no failure", async () => {
  let reason: unknown;
  const bench = new Bench([loop(async (signal) => {
    await aborted(signal).catch((error) => reason = error);
    throw reason;
  })]);
  await bench.until("the pass runs", () => bench.said.length === 1);
  await bench.stop();
  assert.deepEqual(bench.said.slice(1, 2), ["tidy ended"]);
  assert.equal(
    String(reason),
    "LoopStoppedError: The worker stops: the loop goes on when the worker runs again",
  );
  assert.equal(bench.clock.next, undefined);
});

Deno.test("a stop ends the wait for the next pass", async () => {
  const bench = new Bench([loop(() => {})]);
  await bench.untilItWaits();
  await bench.stop();
  assert.deepEqual([bench.said, bench.clock.next], [[], undefined]);
});

Deno.test("loops run beside each other", async () => {
  await using bench = new Bench([loop(aborted), loop(() => {}, { name: "other" })]);
  await bench.until("the other waits", () => bench.said.at(-1)?.startsWith("waits") === true);
  assert.deepEqual(bench.said.slice(0, 3), [
    "tidy began (60 s)",
    "other began (60 s)",
    "other ended",
  ]);
});

Deno.test("no pass begins while an event must run with nothing beside it", async () => {
  let mayBegin = false;
  const asked = new Conditions();
  let count = 0;
  await using bench = new Bench([loop(() => {})], {
    mayBegin: () => {
      count++;
      asked.changed();
      return mayBegin;
    },
  });
  await asked.until("it was asked twice", () => count >= 2);
  assert.deepEqual(bench.said, []);
  mayBegin = true;
  assert.equal((await bench.untilItWaits())[0], "tidy began (60 s)");
});
