import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { fcmSettings } from "../../../lib/domain/push/configured.ts";
import { Fcm } from "../../../lib/domain/push/fcm.ts";
import { fcmOf, MESSAGE, never, unavailable } from "../../fixtures/push/notifications.ts";
import { PushFixture, pushTest } from "../../fixtures/push/push.ts";

const TOKEN = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

pushTest("FCM gets the message with its token, under a token of Google's", async (push) => {
  await using fcm = fcmOf(push);
  assert.deepEqual(await fcm.send({ token: TOKEN, message: MESSAGE }, never()), { kind: "sent" });
  const [received] = push.received("fcm");
  assert.equal(received?.path, "/v1/projects/zulip-test/messages:send");
  assert.deepEqual(JSON.parse(received?.text ?? ""), { message: { ...MESSAGE, token: TOKEN } });
  assert.equal(push.received("google").length, 1);
});

pushTest("FCM: pushes that are sent at once share one connection and one token", async (push) => {
  await using fcm = fcmOf(push);
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => fcm.send({ token: TOKEN, message: MESSAGE }, never())),
  );
  assert(outcomes.every(({ kind }) => kind === "sent"));
  const connections = push.requests("fcm").map(({ connection }) => connection);
  assert.deepEqual([connections.length, new Set(connections).size], [101, 1]);
  assert.equal(push.received("google").length, 1);
});

pushTest("FCM: a token that Google calls invalid is renewed once, for all pushes", async (push) => {
  await using fcm = fcmOf(push);
  // Google says that a token is valid for an hour, and forgets it when it restarts.
  await fcm.send({ token: TOKEN, message: MESSAGE }, never());
  push.script({ answers: { "fcm:*": Array.from({ length: 10 }, () => ({ status: 401 })) } });
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => fcm.send({ token: TOKEN, message: MESSAGE }, never())),
  );
  assert(outcomes.every(({ kind }) => kind === "sent"), Deno.inspect(outcomes));
  assert.equal(push.received("google").length, 2);
});

pushTest("FCM: each device has its own outcome", async (push) => {
  await using fcm = fcmOf(push);
  const answers = {
    "fcm:dead": { status: 404, reason: "UNREGISTERED" },
    "fcm:busy": [{ status: 503, reason: "UNAVAILABLE", headers: { "retry-after": "3" } }],
  };
  push.script({ answers });
  const send = (token: string) => fcm.send({ token, message: MESSAGE }, never());
  assert.deepEqual(await Promise.all(["dead", "busy", "well"].map(send)), [
    { kind: "dead", reason: "404 UNREGISTERED" },
    { kind: "later", reason: "503 UNAVAILABLE", afterMs: 3000 },
    { kind: "sent" },
  ]);
  assert.deepEqual(await send("busy"), { kind: "sent" });
});

pushTest("FCM: a message that it calls invalid is refused, with the field", async (push) => {
  await using fcm = fcmOf(push);
  const message = { data: { realm_id: 7 } };
  assert.deepEqual(await fcm.send({ token: TOKEN, message }, never()), {
    kind: "refused",
    reason: "400 INVALID_ARGUMENT (message.data.realm_id)",
  });
});

pushTest("FCM: a service account that Google does not know makes it unavailable", async (push) => {
  const settings = fcmSettings(loadConfig(push.direct).push);
  assert(settings);
  const account = { ...settings.account, clientEmail: "other@zulip-test.iam.gserviceaccount.com" };
  await using fcm = new Fcm({ ...settings, account });
  const error = await unavailable(fcm.send({ token: TOKEN, message: MESSAGE }, never()));
  assert.equal(error.service, "FCM");
  assert.match(
    error.reason,
    /^Google issues no token for the service account of ANDROID_FCM_CREDENTIALS_PATH \(400 invalid_grant: /,
  );
  assert.deepEqual(push.received("fcm"), []);
});

pushTest("FCM: an account without the project's rights makes it unavailable", async (push) => {
  const settings = fcmSettings(loadConfig(push.direct).push);
  assert(settings);
  await using fcm = new Fcm({ ...settings, account: { ...settings.account, projectId: "other" } });
  const { reason } = await unavailable(fcm.send({ token: TOKEN, message: MESSAGE }, never()));
  assert.match(reason, /^FCM answers 403 PERMISSION_DENIED: ANDROID_FCM_CREDENTIALS_PATH must be /);
});

pushTest("FCM: a push without an answer is unknown", async (push) => {
  await using fcm = fcmOf(push, { timeoutMs: 500 });
  push.script({ answers: { [`fcm:${TOKEN}`]: ["silent"] } });
  assert.equal((await fcm.send({ token: TOKEN, message: MESSAGE }, never())).kind, "unknown");
  assert.equal((await fcm.send({ token: TOKEN, message: MESSAGE }, never())).kind, "sent");
});

Deno.test("FCM is unavailable while Google is down, and works when it is back", async () => {
  await using push = await PushFixture.start();
  await using fcm = fcmOf(push);
  await push.kill();
  const { reason } = await unavailable(fcm.send({ token: TOKEN, message: MESSAGE }, never()));
  assert.match(reason, /check token_uri in the file of ANDROID_FCM_CREDENTIALS_PATH, and that/);
  await push.start();
  assert.equal((await fcm.send({ token: TOKEN, message: MESSAGE }, never())).kind, "sent");
});
