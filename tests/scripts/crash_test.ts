/**
 * The crash suite: its parts, and some seconds of it on each broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../lib/engine/broker/broker.ts";
import { check, type Evidence } from "../../scripts/crash/checker.ts";
import { Drain } from "../../scripts/crash/drain.ts";
import { type LedgerLine, parseLedger } from "../../scripts/crash/ledger.ts";
import { reasonOf } from "../../scripts/crash/publisher.ts";
import { Random } from "../../scripts/crash/random.ts";
import { median, recoveries } from "../../scripts/crash/recovery.ts";
import { isGood, report, type Result } from "../../scripts/crash/report.ts";
import { assertGood, crashed } from "../fixtures/crash.ts";

Deno.test("the crash suite's checker finds each event that is neither done nor given up", () => {
  const { lost, published, processed, deadLettered, duplicates } = verdict({
    confirmed: confirmed("a", "b", "c", "d"),
    ledger: done("a", "d", "a", "a"),
    deadLetters: [{ id: "b", reason: "error" }, { id: "d", reason: "crashed" }],
  });
  assert.deepEqual(lost.map(({ id }) => id), ["c"]);
  assert.deepEqual({ published, processed, deadLettered, duplicates }, {
    published: 4,
    processed: 2,
    deadLettered: 2,
    duplicates: 2,
  });
});

Deno.test("the crash suite's checker asks only for events that were confirmed", () => {
  const { lost, published, processed, deadLettered } = verdict({
    confirmed: confirmed("a"),
    ledger: done("a", "never-confirmed"),
    deadLetters: [{ id: "nor-this", reason: "error" }],
  });
  assert.deepEqual(lost, []);
  assert.deepEqual([published, processed, deadLettered], [1, 1, 0]);
});

Deno.test("the crash suite's checker names what was given up without a reason", () => {
  const { withoutReason, reasons, lost } = verdict({
    confirmed: confirmed("a", "b", "c"),
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

Deno.test("an event that is still in its queue waits and is not lost, unless it is done already", () => {
  const { lost, waiting } = verdict({
    confirmed: confirmed("a", "b", "c"),
    ledger: done("b"),
    waiting: [{ id: "a", queue: "orders" }, { id: "b", queue: "orders" }],
  });
  assert.deepEqual(waiting, [
    { id: "a", last: "in orders; confirmed at 01:00:00.000 and not started" },
  ]);
  assert.deepEqual(lost.map(({ id }) => id), ["c"]);
});

Deno.test("the verdict says where each event was last seen", () => {
  const started = (id: string, at: number) => line({ id, at, pid: 7, what: "started" });
  const { lost, waiting } = verdict({
    confirmed: confirmed("a", "b", "c"),
    ledger: [started("a", HOUR + 500), started("b", HOUR + 600), started("a", HOUR + 1500)],
    waiting: [{ id: "b", queue: "orders" }],
  });
  assert.deepEqual(lost, [
    { id: "a", last: "started in queue by process 7 at 01:00:01.500" },
    { id: "c", last: "confirmed at 01:00:00.000 and not started" },
  ]);
  assert.equal(waiting[0]?.last, "in orders; started in queue by process 7 at 01:00:00.600");
});

Deno.test("a run of the crash suite is good only when nothing went wrong", () => {
  const good = resultOf({ confirmed: confirmed("a"), ledger: done("a") });
  assert.equal(isGood(good), true);
  const bad: Partial<Evidence>[] = [
    {},
    { deadLetters: [{ id: "a", reason: undefined }] },
    { waiting: [{ id: "a", queue: "orders" }] },
  ];
  for (const evidence of bad) {
    assert.equal(isGood(resultOf({ confirmed: confirmed("a"), ...evidence })), false);
  }
  assert.equal(isGood({ ...good, problems: ["all ended with exit code 1"] }), false);
});

Deno.test("the crash suite's report says what was lost and how to repeat the run", () => {
  const result = resultOf({
    confirmed: confirmed("a", "b", "c"),
    ledger: done("a"),
    waiting: [{ id: "c", queue: "orders" }],
  });
  const text = report(result).join("\n");
  assert.match(text, /^published +3$/m);
  assert.match(text, /^not confirmed +3 +2 timeout: there is no connection, 1 unroutable$/m);
  assert.match(text, /^lost +1$/m);
  assert.match(text, /^lost: b, confirmed at 01:00:00.000 and not started$/m);
  assert.match(text, /^waiting +1$/m);
  assert.match(text, /^waits: c, in orders; confirmed at 01:00:00.000 and not started$/m);
  assert.match(text, /^SIGKILL +2 +0\.50 s +0\.70 s$/m);
  assert.match(text, /^FAILED; .*deno task crash --broker embedded --seconds 8 --seed 4$/m);
});

Deno.test("the crash suite's publisher counts what was not confirmed by its reason", () => {
  const timeout = "An event for queue q was not confirmed within 30 s: ";
  const more = "; it may have been stored anyway";
  const errors: [error: unknown, reason: string][] = [
    [
      new BrokerError("timeout", `${timeout}no confirmation came${more}`),
      "timeout: no confirmation came",
    ],
    [
      new BrokerError(
        "timeout",
        `${timeout}the broker has an alarm and accepts nothing (see x)${more}`,
      ),
      "timeout: the broker has an alarm and accepts nothing",
    ],
    [new BrokerError("unroutable", "There is no queue q"), "unroutable"],
    [new Error("no file"), "no file"],
  ];
  for (const [error, reason] of errors) assert.equal(reasonOf(error), reason);
});

Deno.test("a drain lasts as long as the handlers do anything, and until the queues stay empty", () => {
  const drain = new Drain(0, 2000);
  for (let second = 0; second < 600; second++) {
    assert.equal(drain.endOf(second * 1000, false, second), undefined, `after ${second} s`);
  }
  assert.equal(drain.endOf(600_000, true, 600), undefined);
  assert.equal(drain.endOf(601_000, false, 600), undefined);
  assert.equal(drain.endOf(602_000, true, 600), undefined);
  assert.equal(drain.endOf(603_000, true, 600), "empty");
});

Deno.test("a drain ends when the handlers have done nothing for minutes while events wait", () => {
  const drain = new Drain(0, 2000);
  assert.equal(drain.endOf(1000, false, 7), undefined);
  assert.equal(drain.endOf(200_999, false, 7), undefined);
  assert.equal(drain.endOf(201_000, false, 7), "stalled");
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

Deno.test("recovery from a fault that others work beside is the longest time without an event", () => {
  const ledger = [0, 100, 150, 1150, 1200, 1300, 9000].map((at) => line({ id: String(at), at }));
  const other = line({ id: "other", at: 500, queue: "other", pid: 2 });
  const byTime = (a: LedgerLine, b: LedgerLine) => a.at - b.at;
  const timesOf = (some: { until: number; queue?: string; pid?: number }) =>
    recoveries([{ kind: "fault", at: 120, ...some }], [...ledger, other].toSorted(byTime))[0]
      ?.times;
  assert.deepEqual(timesOf({ until: 1250, queue: "queue" }), [1000]);
  assert.deepEqual(timesOf({ until: 1250 }), [650]);
  assert.deepEqual(timesOf({ until: 130 }), [30]);
  assert.deepEqual(timesOf({ until: 1250, pid: 2 }), []);
});

Deno.test("no fault of a process loses a confirmed event on the embedded broker", async () => {
  assertGood(await crashed({ seconds: 6, seed: 11 }));
});

Deno.test("an engine that acknowledges before it stores a retry is detected", async () => {
  const { verdict: { lost } } = await crashed({ seconds: 8, seed: 11, isBroken: true });
  assert.ok(lost.length > 0, "its losses were not found");
});

function verdict(evidence: Partial<Evidence>) {
  return check({ confirmed: new Map(), ledger: [], deadLetters: [], waiting: [], ...evidence });
}

const HOUR = 3_600_000;

/** Events whose publish was confirmed at one o'clock. */
function confirmed(...ids: string[]): Map<string, number> {
  return new Map(ids.map((id) => [id, HOUR]));
}

/** The ledger of events that were processed. */
function done(...ids: string[]): LedgerLine[] {
  return ids.map((id) => line({ id }));
}

function resultOf(evidence: Partial<Evidence>): Result {
  return {
    broker: "embedded",
    seconds: 8,
    seed: 4,
    isBroken: false,
    verdict: verdict(evidence),
    recoveries: [{ kind: "SIGKILL", count: 2, times: [700, 500] }],
    unconfirmed: { "timeout: there is no connection": 2, unroutable: 1 },
    problems: [],
  };
}

function line(some: Partial<LedgerLine>): LedgerLine {
  return { what: "done", id: "", queue: "queue", pid: 1, at: 0, ...some };
}
