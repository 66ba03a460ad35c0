import assert from "node:assert/strict";
import { decodeProtectedHeader } from "jose";
import { loadConfig } from "../../../lib/config/config.ts";
import { Apns } from "../../../lib/domain/push/apns.ts";
import { apnsSettings } from "../../../lib/domain/push/configured.ts";
import {
  apnsOf,
  never,
  notification,
  TOKEN,
  unavailable,
} from "../../fixtures/push/notifications.ts";
import { pushTest } from "../../fixtures/push/push.ts";

pushTest("APNs gets the push with Apple's headers, and its id is the outcome", async (push) => {
  await using apns = apnsOf(push);
  const expiresAt = new Date("2030-01-01T00:00:00.900Z");
  const one = notification({ expiresAt, collapseId: "one", priority: 5, pushType: "background" });
  assert.deepEqual(await apns.send(one, never()), { kind: "sent", apnsId: one.id });
  const [received] = push.received("apns");
  assert.equal(received?.path, `/3/device/${TOKEN}`);
  assert.deepEqual(JSON.parse(received?.text ?? ""), one.payload);
  const { authorization = "", ...headers } = received?.headers ?? {};
  for (
    const [name, value] of Object.entries({
      "apns-topic": "org.zulip.Zulip",
      "apns-push-type": "background",
      "apns-expiration": "1893456000",
      "apns-priority": "5",
      "apns-collapse-id": "one",
      "apns-id": one.id,
    })
  ) assert.equal(headers[name], value, name);
  const header = decodeProtectedHeader(authorization.replace("bearer ", ""));
  assert.deepEqual(header, { alg: "ES256", kid: push.keys.apple.keyId });
});

pushTest("APNs: numbers over 2^53 in a payload keep their value", async (push) => {
  await using apns = apnsOf(push);
  const payload = { aps: {}, push_account_id: 9007199254740993n };
  await apns.send(notification({ payload }), never());
  assert.match(push.received("apns")[0]?.text ?? "", /"push_account_id":9007199254740993\}/);
});

pushTest("APNs: pushes that are sent at once share one connection and one token", async (push) => {
  await using apns = apnsOf(push);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, () => apns.send(notification(), never())),
  );
  assert(outcomes.every(({ kind }) => kind === "sent"));
  const received = push.requests("apns");
  assert.equal(received.filter(({ method }) => method === "POST").length, 200);
  assert.deepEqual(new Set(received.map(({ connection }) => connection)).size, 1);
  const tokens = received.flatMap(({ headers }) => headers["authorization"] ?? []);
  assert.equal(new Set(tokens).size, 1);
});

pushTest("APNs: a token that Apple calls expired is renewed once, for all pushes", async (push) => {
  let isLate = false;
  const clock = () => Date.now() - (isLate ? 0 : 100_000);
  await using apns = apnsOf(push, { clock });
  assert.equal((await apns.send(notification(), never())).kind, "sent");
  push.script({ apnsTokensFrom: Math.floor(Date.now() / 1000) - 50 });
  const early = await unavailable(apns.send(notification(), never()));
  assert.match(early.reason, /^APNs answers 403 ExpiredProviderToken: the clock of this machine/);
  isLate = true;
  push.forget();
  push.script({ apnsTokensFrom: Math.floor(Date.now() / 1000) - 50 });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => apns.send(notification(), never())),
  );
  assert(outcomes.every(({ kind }) => kind === "sent"), Deno.inspect(outcomes));
  const tokens = push.received("apns").map(({ headers }) => headers["authorization"]);
  assert.equal(new Set(tokens).size, 2);
});

pushTest("APNs: what one device's answer is does not touch another's", async (push) => {
  await using apns = apnsOf(push);
  const [dead, busy, alive] = ["dd".repeat(32), "bb".repeat(32), "aa".repeat(32)];
  const answers = {
    [`apns:${dead}`]: { status: 410, reason: "Unregistered" },
    [`apns:${busy}`]: [{ status: 429, reason: "TooManyRequests", headers: { "retry-after": "7" } }],
  };
  push.script({ answers });
  const send = (token: string) => apns.send(notification({ token }), never());
  const [first, second, third] = await Promise.all([dead, busy, alive].map(send));
  assert.equal(first?.kind, "dead");
  assert.deepEqual(second, { kind: "later", reason: "429 TooManyRequests", afterMs: 7000 });
  assert.equal(third?.kind, "sent");
  assert.equal((await send(busy)).kind, "sent");
});

pushTest("APNs: what Apple calls invalid is refused, and a wrong token dead", async (push) => {
  await using apns = apnsOf(push);
  const send = (more: object) => apns.send(notification(more), never());
  assert.deepEqual(await send({ topic: "" }), { kind: "refused", reason: "400 MissingTopic" });
  assert.deepEqual(await send({ id: "x" }), { kind: "refused", reason: "400 BadMessageId" });
  const large = { aps: {}, text: "x".repeat(4096) };
  assert.deepEqual(await send({ payload: large }), {
    kind: "refused",
    reason: "413 PayloadTooLarge",
  });
  const odd = "../../3/device/ü?x#y";
  assert.deepEqual(await send({ token: odd }), { kind: "dead", reason: "400 BadDeviceToken" });
  assert.equal(push.received("apns").at(-1)?.what, odd);
});

pushTest("APNs: a key that Apple does not know makes the service unavailable", async (push) => {
  const { push: setup } = loadConfig({ ...push.direct, APNS_TEAM_ID: "OTHERTEAM0" });
  const settings = apnsSettings(setup);
  assert(settings);
  await using apns = new Apns(settings);
  const error = await unavailable(apns.send(notification(), never()));
  assert.equal(error.service, "APNs");
  assert.equal(
    error.reason,
    "APNs answers 403 InvalidProviderToken: APNS_TOKEN_KEY_FILE, APNS_TOKEN_KEY_ID and " +
      "APNS_TEAM_ID must belong together",
  );
});

pushTest("APNs: a certificate takes the place of a key", async (push) => {
  const { APNS_URL = "", PUSH_CA_FILE = "" } = push.direct;
  const { push: setup } = loadConfig({ APNS_URL, PUSH_CA_FILE, APNS_CERT_FILE: push.clientFile });
  const settings = apnsSettings(setup);
  assert(settings);
  await using apns = new Apns(settings);
  assert.equal((await apns.send(notification(), never())).kind, "sent");
  const [received] = push.received("apns");
  assert.equal(received?.headers["authorization"], undefined);
});

pushTest(
  "APNs: it is asked for a sign of life ahead of a push after a quiet minute",
  async (push) => {
    let now = Date.now();
    await using apns = apnsOf(push, { clock: () => now });
    const methods = async (ms: number) => {
      push.forget();
      now += ms;
      await Promise.all([1, 2, 3].map(() => apns.send(notification(), never())));
      return push.requests("apns").map(({ method }) => method);
    };
    const asked = ["GET", "POST", "POST", "POST"];
    assert.deepEqual(await methods(0), asked, "the first push");
    assert.deepEqual(await methods(59_000), asked.slice(1));
    assert.deepEqual(await methods(60_000), asked);
    assert.deepEqual(await methods(-1000), asked, "the clock was set back");
  },
);
