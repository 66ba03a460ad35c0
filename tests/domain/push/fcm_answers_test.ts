import assert from "node:assert/strict";
import { fcmMeaning } from "../../../lib/domain/push/fcm_answers.ts";
import type { AnswerMeaning } from "../../../lib/domain/push/refusal.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const TOKEN = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

function body(status: string, errorCode?: string, message = "words of Google"): string {
  const details = errorCode === undefined ? [] : [{ "@type": FCM_ERROR, errorCode }];
  return JSON.stringify({ error: { code: 400, message, status, details } });
}

function meaning(status: number, text: string, headers: Record<string, string> = {}) {
  return fcmMeaning({ status, headers, text }, NOW);
}

/** Every code that Google documents, and what it means. */
const CODES: readonly [
  http: number,
  status: string,
  code: string | undefined,
  kind: AnswerMeaning["kind"],
  reason: string,
][] = [
  [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "refused", "400 INVALID_ARGUMENT"],
  [400, "INVALID_ARGUMENT", undefined, "refused", "400 INVALID_ARGUMENT"],
  [404, "NOT_FOUND", "UNREGISTERED", "dead", "404 UNREGISTERED"],
  [404, "NOT_FOUND", undefined, "service", "404 NOT_FOUND"],
  [403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "refused", "403 SENDER_ID_MISMATCH"],
  [403, "PERMISSION_DENIED", undefined, "service", "403 PERMISSION_DENIED"],
  [401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "refused", "401 THIRD_PARTY_AUTH_ERROR"],
  [401, "UNAUTHENTICATED", undefined, "stale token", "401 UNAUTHENTICATED"],
  [429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "later", "429 QUOTA_EXCEEDED"],
  [500, "INTERNAL", "INTERNAL", "later", "500 INTERNAL"],
  [503, "UNAVAILABLE", "UNAVAILABLE", "later", "503 UNAVAILABLE"],
];

for (const [http, status, code, kind, reason] of CODES) {
  Deno.test(`FCM: ${http} ${status} ${code ?? "without a code"} means: ${kind}`, () => {
    const got = meaning(http, body(status, code));
    assert.equal(got.kind, kind);
    if (!("reason" in got)) assert.fail();
    assert(got.reason.startsWith(reason), got.reason);
  });
}

Deno.test("FCM: 200 is sent", () => {
  assert.deepEqual(meaning(200, '{"name":"projects/p/messages/1"}'), { kind: "sent" });
});

Deno.test("FCM: it waits as long as Google says, and a minute after 429 where it does not", () => {
  const after = (status: number, headers: Record<string, string> = {}) => {
    const got = meaning(status, body("UNAVAILABLE"), headers);
    return got.kind === "later" ? got.afterMs : "no";
  };
  assert.equal(after(503, { "retry-after": "9" }), 9000);
  assert.equal(after(503), undefined);
  assert.equal(after(429, { "retry-after": "120" }), 120_000);
  assert.equal(after(429), 60_000);
});

Deno.test("FCM: the reason names the field that is wrong, and quotes nothing", () => {
  const violations = { fieldViolations: [{ field: "message.data[0].value", description: TOKEN }] };
  const error = { status: "INVALID_ARGUMENT", message: `Invalid ${TOKEN}`, details: [violations] };
  assert.deepEqual(meaning(400, JSON.stringify({ error })), {
    kind: "refused",
    reason: "400 INVALID_ARGUMENT (message.data[0].value)",
  });
});

Deno.test("FCM: what is no answer of Google's has its status alone", () => {
  for (const text of ["", "<html>", "null", "[]", '{"error":"x"}', '{"error":{"status":"a b"}}']) {
    assert.deepEqual(meaning(502, text), { kind: "later", reason: "502" });
    assert.deepEqual(meaning(418, text), { kind: "refused", reason: "418" });
  }
});
