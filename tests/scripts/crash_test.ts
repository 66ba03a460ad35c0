/**
 * The crash suite: its parts, and some seconds of it on each broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { check, type Evidence } from "../../scripts/crash/checker.ts";
import { type LedgerLine, parseLedger } from "../../scripts/crash/ledger.ts";
import { Random } from "../../scripts/crash/random.ts";
import { median, recoveries } from "../../scripts/crash/recovery.ts";
import { isGood, report, type Result } from "../../scripts/crash/report.ts";
import { assertGood, crashed } from "../fixtures/crash.ts";

Deno.test("the crash suite's checker finds each event that is neither done nor given up", () => {
  const { lost, published, processed, deadLettered, duplicates } = verdict({
    confirmed: ["a", "b", "c", "d"],
    done: ["a", "d", "a", "a"],
    deadLetters: [{ id: "b", reason: "error" }, { id: "d", reason: "crashed" }],
  });
  assert.deepEqual(lost, ["c"]);
  assert.deepEqual({ published, processed, deadLettered, duplicates }, {
    published: 4,
    processed: 2,
    deadLettered: 2,
    duplicates: 2,
  });
});

Deno.test("the crash suite's checker asks only for events that were confirmed", () => {
  const { lost, published, processed, deadLettered } = verdict({
    confirmed: ["a"],
    done: ["a", "never-confirmed"],
    deadLetters: [{ id: "nor-this", reason: "error" }],
  });
  assert.deepEqual(lost, []);
  assert.deepEqual([published, processed, deadLettered], [1, 1, 0]);
});

Deno.test("the crash suite's checker names what was given up without a reason", () => {
  const { withoutReason, reasons, lost } = verdict({
    confirmed: ["a", "b", "c"],
    deadLetters: [
      { id: "a", reason: undefined },
      { id: "b", reason: "timeout" },
      { id: "c", reason: "timeout" },
    ],
  });
  assert.deepEqual(withoutReason, ["a"]);
  assert.deepEqual(reasons, { timeout: 2 });
  assert.deepEqual(lost, []);
});

Deno.test("a run of the crash suite is good only when nothing went wrong", () => {
  const good = resultOf({ confirmed: ["a"], done: ["a"] });
  assert.equal(isGood(good), true);
  assert.equal(isGood(resultOf({ confirmed: ["a"] })), false);
  const deadLetters = [{ id: "a", reason: undefined }];
  assert.equal(isGood(resultOf({ confirmed: ["a"], deadLetters })), false);
  assert.equal(isGood({ ...good, problems: ["all ended with exit code 1"] }), false);
});

Deno.test("the crash suite's report says what was lost and how to repeat the run", () => {
  const text = report(resultOf({ confirmed: ["a", "b"], done: ["a"] })).join("\n");
  assert.match(text, /^published +2$/m);
  assert.match(text, /^lost +1 +b$/m);
  assert.match(text, /^SIGKILL +2 +0\.50 s +0\.70 s$/m);
  assert.match(text, /^FAILED; .*deno task crash --broker embedded --seconds 8 --seed 4$/m);
});

Deno.test("a seed repeats its random numbers, and each purpose has its own", () => {
  const numbers = (seed: number, purpose: string) => {
    const random = new Random(seed, purpose);
    return Array.from({ length: 100 }, () => random.next());
  };
  assert.deepEqual(numbers(7, "broker"), numbers(7, "broker"));
  assert.notDeepEqual(numbers(7, "broker"), numbers(8, "broker"));
  assert.notDeepEqual(numbers(7, "broker"), numbers(7, "handlers"));
});

Deno.test("random numbers stay in their limits, and a shuffled list keeps its items", () => {
  const random = new Random(1);
  for (let i = 0; i < 1000; i++) {
    assert.ok([0, 1, 2].includes(random.below(3)));
    const number = random.between(5, 6);
    assert.ok(number >= 5 && number < 6);
  }
  const items = [1, 2, 3, 4, 5];
  const orders = new Set(Array.from({ length: 100 }, () => random.shuffled(items).join("")));
  assert.ok(orders.size > 50);
  for (const order of orders) assert.equal([...order].sort().join(""), "12345");
  assert.throws(() => random.pick([]), RangeError);
});

Deno.test("a line of the ledger that a kill has cut short is left out", () => {
  const [first, second] = [line({ id: "a", at: 2 }), line({ id: "b", at: 1 })];
  const text = `\n${JSON.stringify(first)}\n\n{"what":"done","id":"c\n${JSON.stringify(second)}\n`;
  assert.deepEqual(parseLedger(text), [second, first]);
});

Deno.test("recovery lasts until whoever had the fault has done an event", () => {
  const ledger = [
    line({ id: "a", at: 110, pid: 1 }),
    line({ id: "bad", at: 200, pid: 1, what: "started" }),
    line({ id: "b", at: 210, pid: 2 }),
    line({ id: "c", at: 220, pid: 1, queue: "other" }),
    line({ id: "d", at: 250, pid: 1 }),
    line({ id: "bad", at: 300, pid: 2, what: "started" }),
  ];
  const times = (fault: { at: number; pid?: number; id?: string }) =>
    recoveries([{ kind: "fault", ...fault }], ledger)[0]?.times;
  assert.deepEqual(times({ at: 100 }), [10]);
  assert.deepEqual(times({ at: 100, pid: 2 }), [110]);
  assert.deepEqual(times({ at: 100, id: "bad" }), [50]);
  assert.deepEqual(times({ at: 400 }), []);
  assert.deepEqual([median([3, 1, 2]), median([])], [2, undefined]);
});

Deno.test("no fault of a process loses a confirmed event on the embedded broker", async () => {
  assertGood(await crashed({ seconds: 6, seed: 11 }));
});

Deno.test("an engine that acknowledges before it stores a retry is detected", async () => {
  const { verdict: { lost } } = await crashed({ seconds: 8, seed: 11, isBroken: true });
  assert.ok(lost.length > 0, "its losses were not found");
});

function verdict(evidence: Partial<Evidence>) {
  return check({ confirmed: [], done: [], deadLetters: [], ...evidence });
}

function resultOf(evidence: Partial<Evidence>): Result {
  return {
    broker: "embedded",
    seconds: 8,
    seed: 4,
    isBroken: false,
    verdict: verdict(evidence),
    recoveries: [{ kind: "SIGKILL", count: 2, times: [700, 500] }],
    unconfirmed: 0,
    problems: [],
  };
}

function line(some: Partial<LedgerLine>): LedgerLine {
  return { what: "done", id: "", queue: "queue", pid: 1, at: 0, ...some };
}
