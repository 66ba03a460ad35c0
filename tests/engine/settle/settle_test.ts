import assert from "node:assert/strict";
import fc from "fast-check";
import type { ErrorData } from "../../../lib/errors/error_data.ts";
import { MAX_CRASHES, settle } from "../../../lib/engine/settle/settle.ts";
import type { Outcome } from "../../../lib/engine/settle/outcome.ts";

const error: ErrorData = { name: "TypeError", message: "x is not a function" };
const RETRIES = [5, 60, 300];

const failed = (attempt: number): Outcome => ({ kind: "error", reason: "error", attempt, error });
const late = (attempt: number): Outcome => ({ kind: "error", reason: "timeout", attempt, error });
const crashed = (attempt: number): Outcome => ({
  kind: "crashed",
  reason: "out of memory",
  attempt,
  error,
});
const later = (attempt: number, after: number | undefined, counts = true): Outcome => ({
  kind: "retry-later",
  attempt,
  after,
  counts,
  error,
});

interface Row {
  readonly title: string;
  readonly outcome: Outcome;
  readonly retries?: readonly number[];
  readonly crashes?: number;
  /** The seconds of its patience, and for how many it has failed. */
  readonly patience?: readonly [seconds: number | null, failing: number];
  readonly expected: string;
}

const ROWS: readonly Row[] = [
  { title: "acknowledges what is done", outcome: { kind: "done" }, expected: "done" },
  {
    title: "acknowledges what is discarded",
    outcome: { kind: "discarded", error },
    expected: "done",
  },
  {
    title: "releases what is released",
    outcome: { kind: "released" },
    expected: "release",
  },
  {
    title: "releases what waits with its queue",
    outcome: { kind: "paused", attempt: 4, reason: "SMTP", seconds: 5, why: "", error },
    expected: "release",
  },
  {
    title: "releases what is released even without retries",
    outcome: { kind: "released" },
    retries: [],
    crashes: 3,
    expected: "release",
  },
  {
    title: "gives up at once what threw Fail",
    outcome: { kind: "failed", reason: "fail", attempt: 1, error },
    expected: "fail (fail) attempts 1",
  },
  {
    title: "gives up at once what is invalid",
    outcome: { kind: "failed", reason: "invalid", attempt: 2, error },
    expected: "fail (invalid) attempts 2",
  },
  {
    title: "retries the first error after the first delay",
    outcome: failed(1),
    expected: "retry (error) in 5, attempts 1, crashes 0",
  },
  {
    title: "retries the second error after the second delay",
    outcome: failed(2),
    expected: "retry (error) in 60, attempts 2, crashes 0",
  },
  {
    title: "retries the last error that the schedule allows",
    outcome: failed(3),
    expected: "retry (error) in 300, attempts 3, crashes 0",
  },
  {
    title: "gives up an error after the schedule",
    outcome: failed(4),
    expected: "fail (error) attempts 4",
  },
  {
    title: "gives up an error far above the schedule, as a body's failed_tries may say",
    outcome: failed(1000),
    expected: "fail (error) attempts 1000",
  },
  {
    title: "gives up the first error where there are no retries",
    outcome: failed(1),
    retries: [],
    expected: "fail (error) attempts 1",
  },
  {
    title: "keeps the crashes of an event that now fails otherwise",
    outcome: failed(2),
    crashes: 2,
    expected: "retry (error) in 60, attempts 2, crashes 2",
  },
  {
    title: "gives up a failing event that has crashed as often as any may",
    outcome: failed(1),
    crashes: 3,
    expected: "fail (error) attempts 1",
  },
  {
    title: "retries a timeout by the schedule",
    outcome: late(1),
    expected: "retry (timeout) in 5, attempts 1, crashes 0",
  },
  {
    title: "gives up a timeout after the schedule",
    outcome: late(4),
    expected: "fail (timeout) attempts 4",
  },
  {
    title: "counts the first crash",
    outcome: crashed(1),
    expected: "retry (out of memory) in 5, attempts 1, crashes 1",
  },
  {
    title: "counts the second crash",
    outcome: crashed(2),
    crashes: 1,
    expected: "retry (out of memory) in 60, attempts 2, crashes 2",
  },
  {
    title: "gives up after the third crash although the schedule has more",
    outcome: crashed(3),
    crashes: 2,
    retries: [1, 1, 1, 1, 1, 1],
    expected: "fail (out of memory) attempts 3",
  },
  {
    title: "gives up a crash where the schedule ends earlier",
    outcome: crashed(2),
    crashes: 1,
    retries: [5],
    expected: "fail (out of memory) attempts 2",
  },
  {
    title: "gives up the first crash where there are no retries",
    outcome: crashed(1),
    retries: [],
    expected: "fail (out of memory) attempts 1",
  },
  {
    title: "lets RetryLater name the time",
    outcome: later(1, 7),
    expected: "retry (retry-later) in 7, attempts 1, crashes 0",
  },
  {
    title: "lets RetryLater name no time at all",
    outcome: later(1, 0),
    expected: "retry (retry-later) in 0, attempts 1, crashes 0",
  },
  {
    title: "takes the schedule's time where RetryLater names none",
    outcome: later(2, undefined),
    expected: "retry (retry-later) in 60, attempts 2, crashes 0",
  },
  {
    title: "gives up a RetryLater that counts after the schedule",
    outcome: later(4, 7),
    expected: "fail (error) attempts 4",
  },
  {
    title: "gives up a RetryLater that counts where there are no retries",
    outcome: later(1, 7),
    retries: [],
    expected: "fail (error) attempts 1",
  },
  {
    title: "does not count a RetryLater that must not count",
    outcome: later(3, 7, false),
    expected: "retry (retry-later) in 7, attempts 2, crashes 0",
  },
  {
    title: "retries a RetryLater that does not count, however often it ran",
    outcome: later(50, undefined, false),
    expected: "retry (retry-later) in 60, attempts 49, crashes 0",
  },
  {
    title: "waits a minute for a RetryLater that does not count where there are no retries",
    outcome: later(1, undefined, false),
    retries: [],
    expected: "retry (retry-later) in 60, attempts 0, crashes 0",
  },
  {
    title: "retries an uncounted RetryLater within the worker's patience",
    outcome: later(1, 7, false),
    patience: [60, 59.9],
    expected: "retry (retry-later) in 7, attempts 0, crashes 0",
  },
  {
    title: "gives up an uncounted RetryLater after the worker's patience",
    outcome: later(1, 7, false),
    patience: [60, 60],
    expected: "fail (waited too long) attempts 1",
  },
  {
    title: "gives up no other RetryLater for the worker's patience",
    outcome: later(1, 7),
    patience: [60, 600],
    expected: "retry (retry-later) in 7, attempts 1, crashes 0",
  },
  {
    title: "waits for ever where the worker has no limit",
    outcome: later(1, 7, false),
    patience: [null, 1e9],
    expected: "retry (retry-later) in 7, attempts 0, crashes 0",
  },
  {
    title: "keeps the crashes of an event that is to run later",
    outcome: later(2, 7),
    crashes: 1,
    expected: "retry (retry-later) in 7, attempts 2, crashes 1",
  },
];

for (const row of ROWS) {
  Deno.test(`settle ${row.title}`, () => {
    const [patienceSeconds, failing] = row.patience ?? [null, 0];
    const waited = { patienceSeconds, failingMs: failing * 1000 };
    const policy = { retries: row.retries ?? RETRIES, crashes: row.crashes ?? 0, ...waited };
    assert.equal(described(settle(row.outcome, policy)), row.expected);
  });
}

for (
  const [seconds, text] of [[45, "45 s"], [3599, "59 min"], [86_400, "24 h"], [
    90_000,
    "25 h",
  ]] as const
) {
  Deno.test(`settle says of an event that it was given up after ${text} of waiting`, () => {
    const waited = { patienceSeconds: 1, failingMs: seconds * 1000 };
    const settlement = settle(later(1, 7, false), { retries: [], crashes: 0, ...waited });
    assert("error" in settlement);
    const { message } = settlement.error;
    assert.equal(message, `x is not a function (given up after ${text} of waiting)`);
  });
}

for (const after of [NaN, Infinity, -Infinity, -1]) {
  Deno.test(`settle takes the schedule's time where RetryLater names ${after}`, () => {
    const settlement = settle(later(2, after), { retries: RETRIES, crashes: 0 });
    assert.equal(described(settlement), "retry (retry-later) in 60, attempts 2, crashes 0");
  });
}

Deno.test("settle hands on the error of what fails or runs again", () => {
  const policy = { retries: RETRIES, crashes: 0 };
  for (const outcome of [failed(1), failed(4), late(1), crashed(1), crashed(4), later(1, 7)]) {
    const settlement = settle(outcome, policy);
    assert("error" in settlement && settlement.error === error, described(settlement));
  }
});

Deno.test("settle ends every event that always fails, after as many runs as the schedule says", () => {
  const anyRetries = fc.array(fc.integer({ min: 1, max: 86_400 }), { maxLength: 20 });
  fc.assert(fc.property(anyRetries, fc.boolean(), (retries, isCrash) => {
    let crashes = 0;
    for (let attempt = 1; attempt <= 100; attempt++) {
      const outcome = isCrash ? crashed(attempt) : failed(attempt);
      const settlement = settle(outcome, { retries, crashes });
      if (settlement.kind === "fail") {
        const most = retries.length + 1;
        assert.equal(attempt, isCrash ? Math.min(MAX_CRASHES, most) : most);
        return;
      }
      assert(settlement.kind === "retry" && settlement.attempts === attempt);
      crashes = settlement.crashes;
    }
    assert.fail("it was retried for ever");
  }));
});

function described(settlement: ReturnType<typeof settle>): string {
  switch (settlement.kind) {
    case "done":
    case "release":
    case "republish":
      return settlement.kind;
    case "fail":
      return `fail (${settlement.reason}) attempts ${settlement.attempts}`;
    case "retry":
      return `retry (${settlement.reason}) in ${settlement.delay}, attempts ` +
        `${settlement.attempts}, crashes ${settlement.crashes}`;
  }
}
