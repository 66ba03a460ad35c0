import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { checkPush } from "../../lib/modes/check_push.ts";
import { freePort } from "../../scripts/private_server.ts";
import { pushTest } from "../fixtures/push/push.ts";
import { foundText } from "./found_text.ts";

async function check(environment: Record<string, string>): Promise<string> {
  return await foundText(checkPush(loadConfig(environment)));
}

Deno.test("checkPush says that no pushes are configured", async () => {
  assert.equal(await check({}), "not used (neither the push bouncer nor APNs nor FCM is set)");
});

pushTest("checkPush tries Apple and Google, and sends nothing", async (push) => {
  const { apns, fcm } = push.ports;
  assert.equal(await check(push.direct), `ok (APNs 127.0.0.1:${apns}, FCM 127.0.0.1:${fcm})`);
  assert.deepEqual([push.received("apns"), push.received("fcm")], [[], []]);
  assert.equal(push.received("google").length, 1);
});

pushTest("checkPush tries the bouncer's key, and sends nothing", async (push) => {
  const place = `127.0.0.1:${push.ports.bouncer}`;
  assert.equal(await check(push.throughBouncer), `ok (bouncer ${place})`);
  assert.deepEqual(push.received("bouncer"), []);
  await assert.rejects(check({ ...push.throughBouncer, ZULIP_ORG_KEY: "another-key" }), {
    message: /^The push bouncer does not know this server \(401 .*correct ZULIP_ORG_ID and/,
  });
});

pushTest("checkPush warns where only one kind of devices gets pushes", async (push) => {
  const { ANDROID_FCM_CREDENTIALS_PATH: _, ...apple } = push.direct;
  assert.match(
    await check(apple),
    /^ok \(APNs [^)]*\)\nwarning: Android devices get no pushes, as /,
  );
  const { APNS_TOKEN_KEY_FILE: _file, ...google } = push.direct;
  assert.match(
    await check(google),
    /^ok \(FCM [^)]*\)\nwarning: Apple's devices get no pushes, as /,
  );
});

pushTest("checkPush names every service that does not answer, a line each", async (push) => {
  const away = `https://127.0.0.1:${freePort()}`;
  await assert.rejects(check({ ...push.direct, APNS_URL: away, FCM_URL: away }), {
    message: /^APNs at .*: check APNS_URL, [^\n]*\nFCM at .*: check FCM_URL, [^\n]*$/,
  });
});

pushTest("checkPush names the setting of a file that cannot be used", async (push) => {
  await assert.rejects(check({ ...push.direct, APNS_TOKEN_KEY_FILE: "/nonexistent/key" }), {
    message: "APNS_TOKEN_KEY_FILE is /nonexistent/key, which cannot be read: ENOENT",
  });
});
