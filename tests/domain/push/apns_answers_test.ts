import assert from "node:assert/strict";
import { apnsMeaning } from "../../../lib/domain/push/apns_answers.ts";
import type { AnswerMeaning } from "../../../lib/domain/push/refusal.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

function meaning(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return apnsMeaning({ status, headers, text }, NOW);
}

/** Every reason that Apple documents, and what it means. */
const REASONS: readonly [status: number, reason: string, kind: AnswerMeaning["kind"]][] = [
  [400, "BadCollapseId", "refused"],
  [400, "BadDeviceToken", "dead"],
  [400, "BadExpirationDate", "refused"],
  [400, "BadMessageId", "refused"],
  [400, "BadPriority", "refused"],
  [400, "BadTopic", "refused"],
  [400, "DeviceTokenNotForTopic", "dead"],
  [400, "DuplicateHeaders", "refused"],
  [400, "IdleTimeout", "later"],
  [400, "InvalidPushType", "refused"],
  [400, "MissingDeviceToken", "refused"],
  [400, "MissingTopic", "refused"],
  [400, "PayloadEmpty", "refused"],
  [400, "TopicDisallowed", "refused"],
  [403, "BadCertificate", "service"],
  [403, "BadCertificateEnvironment", "service"],
  [403, "BadEnvironmentKeyIdInToken", "service"],
  [403, "ExpiredProviderToken", "stale token"],
  [403, "Forbidden", "service"],
  [403, "InvalidProviderToken", "service"],
  [403, "MissingProviderToken", "service"],
  [403, "UnrelatedKeyIdInToken", "service"],
  [403, "AReasonOfTomorrow", "service"],
  [404, "BadPath", "refused"],
  [405, "MethodNotAllowed", "refused"],
  [410, "ExpiredToken", "dead"],
  [410, "Unregistered", "dead"],
  [413, "PayloadTooLarge", "refused"],
  [429, "TooManyProviderTokenUpdates", "service"],
  [429, "TooManyRequests", "later"],
  [500, "InternalServerError", "later"],
  [503, "ServiceUnavailable", "later"],
  [503, "Shutdown", "later"],
];

for (const [status, reason, kind] of REASONS) {
  Deno.test(`APNs: ${status} ${reason} means: ${kind}`, () => {
    const got = meaning(status, { reason });
    assert.equal(got.kind, kind);
    if (!("reason" in got)) assert.fail();
    assert(got.reason.startsWith(`${status} ${reason}`), got.reason);
  });
}

Deno.test("APNs: 200 is sent, under Apple's id", () => {
  assert.deepEqual(meaning(200, "", { "apns-id": "ABC" }), { kind: "sent", apnsId: "ABC" });
  assert.deepEqual(meaning(200, ""), { kind: "sent" });
});

Deno.test("APNs: a dead token has the time since when it is dead", () => {
  const since = new Date("2026-02-01T00:00:00Z");
  assert.deepEqual(meaning(410, { reason: "Unregistered", timestamp: since.getTime() }), {
    kind: "dead",
    reason: "410 Unregistered",
    since,
  });
});

Deno.test("APNs: 429 and 503 say how long to wait", () => {
  const after = (value: string) =>
    meaning(429, { reason: "TooManyRequests" }, { "retry-after": value });
  assert.deepEqual(after("7"), { kind: "later", reason: "429 TooManyRequests", afterMs: 7000 });
  const date = after("Sun, 01 Mar 2026 12:00:30 GMT");
  assert.deepEqual(date, { kind: "later", reason: "429 TooManyRequests", afterMs: 30_000 });
});

Deno.test("APNs: too many tokens are a pause of 20 minutes for the service", () => {
  const got = meaning(429, { reason: "TooManyProviderTokenUpdates" });
  assert(got.kind === "service");
  assert.equal(got.afterMs, 1_200_000);
});

Deno.test("APNs: refused credentials name the settings to correct", () => {
  const reason = (name: string) => {
    const got = meaning(403, { reason: name });
    return got.kind === "service" ? got.reason : "";
  };
  assert.match(reason("InvalidProviderToken"), /APNS_TOKEN_KEY_ID and APNS_TEAM_ID/);
  assert.match(reason("BadCertificate"), /APNS_CERT_FILE/);
  assert.match(reason("BadEnvironmentKeyIdInToken"), /APNS_SANDBOX/);
});

Deno.test("APNs: what is no answer of Apple's has its status alone", () => {
  for (const body of ["", "<html>", "null", "[]", { reason: "a b\r\n<c>" }, { reason: 7 }]) {
    assert.deepEqual(meaning(502, body), { kind: "later", reason: "502" });
    assert.deepEqual(meaning(418, body), { kind: "refused", reason: "418" });
    assert.deepEqual(meaning(410, body), { kind: "dead", reason: "410" });
  }
});
