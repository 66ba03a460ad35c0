import assert from "node:assert/strict";
import { retryAfterMs } from "../../../lib/domain/http/retry_after.ts";

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

const CASES: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ["", undefined],
  ["0", 0],
  ["120", 120_000],
  [" 5 ", 5000],
  ["99999999999999999999", Number.MAX_SAFE_INTEGER],
  ["-1", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  ["soon", undefined],
  ["2026-01-31T12:01:00Z", undefined],
  ["Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
  ["Saturday, 31-Jan-26 12:00:30 GMT", 30_000],
  ["Sat Jan 31 12:00:30 2026", 30_000],
  ["Sun Feb  1 12:00:00 2026", 86_400_000],
  ["Sat, 31 Jan 2026 11:00:00 GMT", 0],
  ["Sat, 31 Foo 2026 12:00:30 GMT", undefined],
];

for (const [value, expected] of CASES) {
  Deno.test(`retryAfterMs of ${JSON.stringify(value)} is ${expected}`, () => {
    assert.equal(retryAfterMs(value, NOW), expected);
  });
}
