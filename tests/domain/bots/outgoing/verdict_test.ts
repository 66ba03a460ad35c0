import assert from "node:assert/strict";
import {
  type CallEnd,
  type CallFacts,
  type Failure,
  type Verdict,
  verdictOf,
} from "../../../../lib/domain/bots/outgoing/verdict.ts";

const FACTS: CallFacts = {
  isSlack: false,
  command: "rain?",
  isLast: false,
  timeoutSeconds: 10,
  patienceMs: 60_000,
};

function answered(status: number, body = "{}", retryAfterMs?: number): CallEnd {
  return { kind: "answered", status, body: new TextEncoder().encode(body), retryAfterMs };
}

function failure(verdict: Verdict): Failure {
  assert(verdict.kind === "failed", verdict.kind);
  return verdict;
}

const KINDS: readonly [what: string, end: CallEnd, kind: string, isLastKind?: string][] = [
  ["a reply", answered(200, '{"content":"Rain."}'), "reply", "reply"],
  ["201", answered(201, '{"content":"Rain."}'), "reply", "reply"],
  ["nothing to say", answered(200, '""'), "silent", "silent"],
  ["no JSON", answered(200, "<html>"), "failed", "failed"],
  ["a redirect without a place", answered(302), "failed", "failed"],
  ["400", answered(400), "failed", "failed"],
  ["401", answered(401), "failed", "failed"],
  ["404", answered(404), "failed", "failed"],
  ["407", answered(407), "failed", "failed"],
  ["408", answered(408), "again", "failed"],
  ["410", answered(410), "failed", "failed"],
  ["429", answered(429), "again", "failed"],
  ["500", answered(500), "again", "failed"],
  ["503", answered(503), "again", "failed"],
  ["429, for over an hour", answered(429, "", 3_600_001), "failed", "failed"],
  ["a timeout", { kind: "timeout" }, "again", "failed"],
  ["no connection", { kind: "unreachable", reason: "refused" }, "again", "failed"],
  ["a pause", { kind: "paused", ms: 5_000 }, "again", "again"],
  ["a pause beyond patience", { kind: "paused", ms: 60_001 }, "failed", "failed"],
  ["an address of the network", { kind: "forbidden", reason: "private" }, "failed", "failed"],
  ["no address", { kind: "error", name: "InvalidURL", reason: "no host" }, "failed", "failed"],
];

Deno.test("what the end of a call means, before the last attempt and at it", () => {
  for (const [what, end, kind, isLastKind] of KINDS) {
    assert.equal(verdictOf(end, FACTS).kind, kind, what);
    assert.equal(verdictOf(end, { ...FACTS, isLast: true }).kind, isLastKind, `${what}, last`);
  }
});

const AGAIN: readonly [end: CallEnd, afterMs: number | undefined, counts: boolean][] = [
  [answered(429, "", 7_000), 7_000, true],
  [answered(503), undefined, true],
  [{ kind: "timeout" }, undefined, true],
  [{ kind: "paused", ms: 5_000 }, 5_000, false],
];

Deno.test("a service is called again when it asks to be, and a pause is no attempt", () => {
  for (const [end, afterMs, counts] of AGAIN) {
    const verdict = verdictOf(end, FACTS);
    assert(verdict.kind === "again");
    assert.deepEqual([verdict.afterMs, verdict.counts], [afterMs, counts]);
  }
});

const PRIVATE = "The URL configured for the webhook is for a private or disallowed network.";

const TEXTS: readonly [end: CallEnd, chat: string, owner: string | RegExp, shows: boolean][] = [
  [
    answered(404, "gone"),
    "Third party responded with 404",
    "The webhook got a response with status code *404*.",
    true,
  ],
  [
    answered(500, "oops"),
    "Third party responded with 500",
    "The webhook got a response with status code *500*.",
    true,
  ],
  [answered(407, "private"), "Third party responded with 407", PRIVATE, false],
  [{ kind: "forbidden", reason: "private" }, "Third party responded with 407", PRIVATE, false],
  [{ kind: "timeout" }, "Bot is unavailable", "Request timed out after 10 seconds.", false],
  [
    { kind: "unreachable", reason: "refused" },
    "Bot is unavailable",
    "A connection error occurred. Is my bot server down?",
    false,
  ],
  [
    answered(200, "<html>"),
    "Invalid JSON in response",
    /^The outgoing webhook server attempted to send [^]*:\n> Invalid JSON in response$/,
    true,
  ],
  [answered(200, "[]"), "Invalid response format", /\n> Invalid response format$/, true],
  [
    { kind: "error", name: "TooManyRedirects", reason: "over 5" },
    "An exception of type *TooManyRedirects* occurred for message `rain?`! " +
    "See the Zulip server logs for more information.",
    "When trying to send a request to the webhook service, an exception of type " +
    "TooManyRedirects occurred:\n```\nover 5\n```",
    false,
  ],
];

Deno.test("chat and owner read Zulip's words", () => {
  for (const [end, chat, owner, shows] of TEXTS) {
    const failed = failure(verdictOf(end, { ...FACTS, isLast: true }));
    assert.equal(failed.chat, chat);
    if (typeof owner === "string") assert.equal(failed.owner, owner);
    else assert.match(failed.owner ?? "", owner);
    assert.equal(failed.payload !== undefined, shows, chat);
  }
});

const LOGS: readonly [end: CallEnd, level: string, text: RegExp, isExhausted: boolean][] = [
  [{ kind: "timeout" }, "info", /timed out/, true],
  [{ kind: "unreachable", reason: "refused" }, "info", /connection error: refused/, true],
  [answered(404, "gone"), "warn", /returning status code 404.*"gone"/, false],
  [answered(200, "[]"), "info", /^Outhook trigger failed: Invalid response format$/, false],
  [{ kind: "error", name: "InvalidURL", reason: "no host" }, "error", /InvalidURL: no/, false],
];

Deno.test("the log has Zulip's lines at Zulip's levels", () => {
  for (const [end, level, text, isExhausted] of LOGS) {
    const { log, isExhausted: last = false } = failure(verdictOf(end, { ...FACTS, isLast: true }));
    assert.equal(log.level, level);
    assert.match(log.text, text);
    assert.equal(last, isExhausted);
  }
});
