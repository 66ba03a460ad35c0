/**
 * The errors that a handler throws.
 *
 * @module
 */

import assert from "node:assert/strict";
import { PauseQueue, RetryLater } from "../../lib/worker/errors.ts";

const WRONG: readonly [make: () => Error, message: string][] = [
  [
    () => new RetryLater({ count: false } as object),
    "RetryLater has no option count; did you mean counts?",
  ],
  [
    () => new PauseQueue({ secs: 5 } as never),
    "PauseQueue has no option secs: it has reason, seconds and cause",
  ],
  [
    () => new PauseQueue("printer" as never),
    "PauseQueue takes an object with options: write new PauseQueue({ reason: … })",
  ],
  [
    () => new PauseQueue({ seconds: 5 } as never),
    'PauseQueue has no reason: add one, such as `reason: "SMTP"`',
  ],
  [
    () => new RetryLater(60 as never),
    "RetryLater takes an object with options: write new RetryLater({ after: … })",
  ],
];

for (const [make, message] of WRONG) {
  Deno.test(`wrong options are refused: ${message}`, () => {
    assert.throws(make, { name: "TypeError", message });
  });
}

Deno.test("RetryLater and PauseQueue take all of their options", () => {
  const cause = new Error("away");
  const later = new RetryLater({ after: 1, counts: false, message: "m", cause });
  assert.deepEqual([later.after, later.counts, later.message, later.cause], [1, false, "m", cause]);
  const pause = new PauseQueue({ reason: "SMTP", seconds: 9, cause });
  assert.deepEqual([pause.reason, pause.seconds, pause.cause], ["SMTP", 9, cause]);
});
