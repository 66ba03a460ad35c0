import assert from "node:assert/strict";
import { type FailedFilter, NO_FILTER } from "../../../lib/command_line/failed_filter.ts";
import { matcherOf, retryMatcherOf } from "../../../lib/operations/failed/filter.ts";
import { failureFacts, fingerprintOf } from "../../../lib/operations/failed/dead_letter.ts";
import { handleOf } from "../../../lib/operations/failed/handle.ts";
import { deadLetter, FAILED_AT } from "../../fixtures/dead_letters.ts";

const EVENT = deadLetter({
  id: "9d0f",
  body: '{"to":"Ada"}',
  name: "SMTPError",
  message: "451 Try Later",
  retried: 1,
});
/** Ten minutes after it failed. */
const NOW = Date.parse(FAILED_AT) + 600_000;
const GROUP = fingerprintOf(failureFacts(EVENT));

const FILTERS: readonly [title: string, filter: Partial<FailedFilter>, matches: boolean][] = [
  ["nothing", {}, true],
  ["its id", { ids: ["9d0f"] }, true],
  ["the beginning of its handle", { ids: ["x", handleOf(EVENT).slice(0, 8)] }, true],
  ["another id", { ids: ["9d0"] }, false],
  ["its group", { groups: ["00000000", GROUP] }, true],
  ["another group", { groups: ["00000000"] }, false],
  ["its reason", { reasons: ["invalid", "error"] }, true],
  ["another reason", { reasons: ["invalid"] }, false],
  ["its error's name, in another case", { error: "smtperror" }, true],
  ["its message", { error: "TRY later" }, true],
  ["another message", { error: "452" }, false],
  ["a part of the body", { text: '"Ada"' }, true],
  ["a part of the body in another case", { text: "ada" }, false],
  ["older than it is", { olderThan: 601 }, false],
  ["younger than it is", { newerThan: 599 }, false],
  ["its age", { olderThan: 600, newerThan: 600 }, true],
  ["how often it was put back", { retried: 1 }, true],
  ["fewer times", { retried: 0 }, false],
  ["all that holds and one that does not", { ids: ["9d0f"], error: "452" }, false],
];

for (const [title, filter, matches] of FILTERS) {
  Deno.test(`a filter with ${title} ${matches ? "matches" : "does not match"}`, () => {
    assert.equal(matcherOf({ ...NO_FILTER, ...filter }, NOW)(EVENT), matches);
  });
}

Deno.test("an event whose failure has no time is neither old nor new", () => {
  const bare = { body: new Uint8Array(), properties: {} };
  for (const filter of [{ olderThan: 0 }, { newerThan: 1e9 }]) {
    assert.equal(matcherOf({ ...NO_FILTER, ...filter }, NOW)(bare), false);
  }
  assert(matcherOf(NO_FILTER, NOW)(bare));
});

Deno.test("an event that was put back three times is left alone, unless it is named", () => {
  const often = deadLetter({ id: "a", retried: 3 });
  const verdict = (filter: Partial<FailedFilter>, event = often) =>
    retryMatcherOf({ ...NO_FILTER, ...filter }, NOW)(event);
  assert.equal(verdict({}), "left alone");
  assert.equal(verdict({ reasons: ["error"] }), "left alone");
  assert.equal(verdict({ reasons: ["invalid"] }), "other");
  assert.equal(verdict({ ids: ["a"] }), "match");
  assert.equal(verdict({ retried: 5 }), "match");
  assert.equal(verdict({ retried: 2 }), "other");
  assert.equal(verdict({}, deadLetter({ retried: 2 })), "match");
});
