import assert from "node:assert/strict";
import { bouncerMeaning } from "../../../lib/domain/push/bouncer_answers.ts";

function meaning(status: number, text: string, headers: Record<string, string> = {}) {
  return bouncerMeaning({ status, headers, text }, 0);
}

function error(code: string, msg = "words"): string {
  return JSON.stringify({ result: "error", msg, code });
}

const WRONG_KEY = ": correct ZULIP_ORG_ID and ZULIP_ORG_KEY, or register this server again";

const ANSWERS: readonly (readonly [string, number, string, object])[] = [
  ["200 is done", 200, "{}", { kind: "done" }],
  [
    "a realm that may not push is refused, with its code",
    400,
    error("PUSH_NOTIFICATIONS_DISALLOWED"),
    {
      kind: "refused",
      code: "PUSH_NOTIFICATIONS_DISALLOWED",
      reason: "words",
    },
  ],
  ["a missing realm is refused, with its code", 400, error("MISSING_REMOTE_REALM"), {
    kind: "refused",
    code: "MISSING_REMOTE_REALM",
    reason: "words",
  }],
  ["an answer that is not JSON is refused", 404, "<html>", {
    kind: "refused",
    code: undefined,
    reason: "404 without a reason",
  }],
  ["a redirect is refused", 302, "", {
    kind: "refused",
    code: undefined,
    reason: "302 without a reason",
  }],
  ["an unknown server is one of the service", 400, error("INVALID_ZULIP_SERVER"), {
    kind: "service",
    reason: 'The push bouncer does not know this server (400 INVALID_ZULIP_SERVER "words")' +
      WRONG_KEY,
  }],
  ["a wrong key is one of the service", 401, error("UNAUTHORIZED"), {
    kind: "service",
    reason: 'The push bouncer does not know this server (401 UNAUTHORIZED "words")' + WRONG_KEY,
  }],
  ["500 is later", 500, "<html>", { kind: "later", reason: "500" }],
  ["504 is later", 504, "", { kind: "later", reason: "504" }],
  ["429 is later", 429, error("RATE_LIMIT_HIT"), {
    kind: "later",
    reason: '429 RATE_LIMIT_HIT "words"',
  }],
  ["503 is one of the service", 503, "", {
    kind: "service",
    reason: "The push bouncer is unavailable (503)",
  }],
];

for (const [name, status, text, expected] of ANSWERS) {
  Deno.test(`the bouncer: ${name}`, () => {
    assert.deepEqual(meaning(status, text), expected);
  });
}

Deno.test("the bouncer: 429 and 503 say how long to wait", () => {
  const wait = { "retry-after": "11" };
  const later = meaning(429, "", wait);
  assert(later.kind === "later" && later.afterMs === 11_000);
  const away = meaning(503, "", wait);
  assert(away.kind === "service" && away.afterMs === 11_000);
});
