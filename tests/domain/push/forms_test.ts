import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  messageContents,
  removalContents,
  type ShownMessage,
} from "../../../lib/domain/push/contents.ts";
import type { EncryptedDevice, LegacyDevice } from "../../../lib/domain/push/devices.ts";
import {
  apnsNotification,
  encryptedBody,
  fcmNotification,
  notifyBody,
} from "../../../lib/domain/push/forms.ts";
import { openBox } from "./boxes.ts";
import { direct, MESSAGE, REALM, textIn } from "./messages.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const POSTING = {
  key: "add 7 4711",
  expiresAt: new Date(NOW + 90_500),
  encryptedTitle: "New notification",
};
const SHOWN = messageContents(MESSAGE, textIn("en"));
const REMOVED = removalContents(REALM, 7, [4711]);
const KEY = Uint8Array.from([0x31, ...Array.from({ length: 32 }, () => 7)]);
const USER = { user_uuid: "u", user_id: 7, realm_uuid: "r" };

Deno.test("a push for Apple shows a message, or changes the badge gently", () => {
  const shown = apnsNotification(SHOWN, POSTING, "aa", "org.zulip.Zulip");
  assert.deepEqual(shown.payload, { aps: SHOWN.apns, zulip: SHOWN.zulip });
  assert.deepEqual([shown.pushType, shown.priority], ["alert", 10]);
  const removed = apnsNotification(REMOVED, POSTING, "aa", "org.zulip.Zulip");
  assert.deepEqual(removed.payload, { aps: { badge: 0 }, zulip: REMOVED.zulip });
  assert.deepEqual([removed.pushType, removed.priority], ["alert", 5]);
});

Deno.test("another attempt at a push has the same ids, so that a device shows it once", () => {
  const push = (token: string, key = POSTING.key) =>
    apnsNotification(SHOWN, { ...POSTING, key }, token, "org.zulip.Zulip");
  assert.deepEqual(push("aa"), push("aa"));
  assert.equal(push("aa").collapseId, push("bb").collapseId);
  assert.notEqual(push("aa").id, push("bb").id);
  assert.notEqual(push("aa").collapseId, push("aa", "add 7 4712").collapseId);
  assert.match(push("aa").id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

Deno.test("a push for Google has texts only, and ends when it is too old", () => {
  const { token, message } = fcmNotification(SHOWN, POSTING, "bb", NOW);
  assert.equal(token, "bb");
  const { data, android } = message as Record<string, Record<string, string>>;
  assert.equal(data?.["zulip_message_id"], "4711");
  assert.deepEqual(
    new Set(Object.values(data ?? {}).map((value) => typeof value)),
    new Set(["string"]),
  );
  assert.deepEqual(android, { priority: "HIGH", ttl: "90s" });
  const { android: quiet } = fcmNotification(REMOVED, POSTING, "bb", NOW + 100_000).message;
  assert.deepEqual(quiet, { priority: "NORMAL", ttl: "0s" });
});

Deno.test("the bouncer gets both Apple's and Google's forms", () => {
  const devices: LegacyDevice[] = [
    { id: 1, kind: "fcm", token: "bb", appId: null },
    { id: 2, kind: "apns", token: "aa", appId: "org.zulip.Zulip" },
  ];
  const { alert, sound, badge } = SHOWN.apns as Record<string, unknown>;
  assert.deepEqual(notifyBody(SHOWN, USER, devices), {
    ...USER,
    apns_payload: { alert, sound, badge, custom: { zulip: SHOWN.zulip } },
    gcm_payload: SHOWN.fcm,
    gcm_options: { priority: "high" },
    android_devices: ["bb"],
    apple_devices: ["aa"],
  });
  assert.deepEqual(notifyBody(REMOVED, USER, devices).gcm_options, { priority: "normal" });
});

const DEVICE: EncryptedDevice = {
  ...{ id: 1, form: "account", kind: "apns", deviceId: 77, keyId: 5, key: KEY },
};

Deno.test("a removal is encrypted, too, and wakes devices gently", () => {
  const devices = [DEVICE, { ...DEVICE, kind: "fcm" as const }];
  const [apns, fcm] = encryptedBody(REMOVED, POSTING, "r", devices).push_requests;
  assert(apns && fcm && "http_headers" in apns && "fcm_priority" in fcm);
  assert.deepEqual(apns.http_headers, { apns_priority: 5, apns_push_type: "background" });
  assert.equal(fcm.fcm_priority, "normal");
  for (const { payload: { encrypted_data } } of [apns, fcm]) {
    const text = openBox(KEY, Buffer.from(encrypted_data, "base64"));
    assert.deepEqual(JSON.parse(text), REMOVED.secret);
  }
});

Deno.test("a device of a newer server is named by the ids of its token and its key", () => {
  const [request] =
    encryptedBody(SHOWN, POSTING, "r", [{ ...DEVICE, form: "device" }]).push_requests;
  assert.deepEqual([request?.token_id, request?.payload.push_key_id], [77, 5]);
  assert.equal("device_id" in (request ?? {}), false);
});

Deno.test("the largest message fits into the 4096 bytes of a push", () => {
  const wide = "😀";
  const place = direct(...Array.from({ length: 30 }, (_, at) => 100_000 + at));
  assert(place.kind === "direct");
  const places: ShownMessage["place"][] = [
    { ...place, names: place.userIds.map(() => wide.repeat(100)) },
    { kind: "channel", id: 5, name: wide.repeat(60), topic: wide.repeat(60) },
  ];
  for (const place of places) {
    const message: ShownMessage = {
      ...{ ...MESSAGE, place, text: `${wide.repeat(200)}…`, trigger: "mentioned" },
      realm: { ...REALM, name: wide.repeat(40) },
      sender: {
        ...MESSAGE.sender,
        name: wide.repeat(100),
        email: `${"e".repeat(240)}@example.com`,
      },
      group: { id: 3, name: wide.repeat(100) },
    };
    const contents = messageContents(message, textIn("en"));
    const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
    const { payload } = apnsNotification(contents, POSTING, "aa", "org.zulip.Zulip");
    const { data } = fcmNotification(contents, POSTING, "bb", NOW).message;
    const [encrypted] = encryptedBody(contents, POSTING, "r", [DEVICE]).push_requests;
    for (const part of [payload, data, encrypted?.payload]) {
      assert(bytes(part) <= 4096, `${bytes(part)} bytes`);
    }
  }
});
