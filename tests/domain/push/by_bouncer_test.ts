import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PushUnavailable } from "../../../lib/domain/push/push_transport.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { openBox } from "./boxes.ts";
import { notified } from "./fake_services.ts";
import { PUSH_KEY, PushWorld, sqliteTest } from "./world.ts";

const LATER = { kind: "later", reason: "502" } as const;

/** What is in the encrypted pushes that the bouncer got, by the device. */
function opened({ bouncer }: PushWorld): unknown[] {
  return bouncer.encrypted.flatMap(({ push_requests }) =>
    push_requests.map(({ payload: { encrypted_data } }) => {
      return JSON.parse(openBox(PUSH_KEY, Buffer.from(encrypted_data, "base64")));
    })
  );
}

domainTest(
  "the bouncer gets the tokens in one request, and what is encrypted in another",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("apns", "aa");
    await world.device("fcm", "bb");
    await world.encrypted();
    await world.encrypted({
      ...{ token_kind: "fcm", push_account_id: 5, bouncer_device_id: 78 },
    });
    await world.encrypted({ push_account_id: 6, bouncer_device_id: null });
    const id = await world.message();
    assert.deepEqual(await world.byBouncer(world.add(id)), { kind: "done" });
    const [body] = world.bouncer.notified;
    assert.deepEqual([body?.apple_devices, body?.android_devices], [["aa"], ["bb"]]);
    assert.deepEqual(body?.gcm_options, { priority: "high" });
    const { alert, custom } = body?.apns_payload as Record<string, Record<string, unknown>>;
    assert.equal(alert?.["title"], "#kitchen > lunch");
    assert.deepEqual((custom?.["zulip"] as Record<string, unknown>)["message_ids"], [id]);
    const requests = world.bouncer.encrypted[0]?.push_requests ?? [];
    assert.deepEqual(
      requests.map(({ payload: { encrypted_data: _, ...payload }, ...request }) => ({
        ...request,
        payload,
      })),
      [
        {
          device_id: 77,
          http_headers: { apns_priority: 10, apns_push_type: "alert" },
          payload: {
            push_account_id: 9_007_199_254_740_993n,
            aps: { "mutable-content": 1, alert: { title: "New notification" } },
          },
        },
        { device_id: 78, fcm_priority: "high", payload: { push_account_id: 5 } },
      ],
    );
    const [first, second] = opened(world) as { content: string; message_id: number }[];
    assert.deepEqual(first, second);
    assert.deepEqual([first?.content, first?.message_id], ["Soup?", id]);
    assert.equal(await world.count(), 4);
  },
);

sqliteTest(
  "a request of the bouncer that fails is tried again, and the other is not",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("apns", "aa");
    await world.encrypted();
    world.bouncer.answers.notify.push(LATER);
    const event = world.add(await world.message());
    assert.equal((await world.byBouncer(event)).kind, "later");
    assert.deepEqual(await world.byBouncer(event), { kind: "done" });
    assert.deepEqual([world.bouncer.notified.length, world.bouncer.encrypted.length], [2, 1]);
  },
);

sqliteTest("the queue waits while the bouncer is unavailable", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  const error = new PushUnavailable("push bouncer", "503", { afterMs: 9_000 });
  world.bouncer.answers.notify.push(error);
  const event = world.add(await world.message());
  const service = "push bouncer";
  const pause = { kind: "pause", service, afterMs: 9_000, cause: error };
  assert.deepEqual(await world.byBouncer(event), pause);
  assert.deepEqual(await world.byBouncer(event), { kind: "done" });
});

sqliteTest("a request without an answer is made again, with the same contents", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "aa");
  world.bouncer.answers.notify.push({ kind: "unknown", reason: "cut" });
  const event = world.add(await world.message());
  const reason = "maybe pushed, pushed again: cut";
  assert.deepEqual(await world.byBouncer(event), { kind: "again", reason });
  assert.deepEqual(await world.byBouncer(event), { kind: "done" });
  const [first, second, ...others] = world.bouncer.notified;
  assert.deepEqual(first, second);
  assert.deepEqual(others, []);
});

domainTest("devices that the bouncer does not know are removed", async (db) => {
  const world = await PushWorld.make(db);
  await world.device("apns", "AA");
  await world.device("fcm", "bb");
  await world.encrypted();
  await world.encrypted({ push_account_id: 5, bouncer_device_id: 78 });
  const lists = { apple_devices: ["aa"], android_devices: ["bb"] };
  const answer = {
    ...notified({ apple_devices: [], android_devices: [] }),
    deleted_devices: lists,
  };
  world.bouncer.answers.notify.push({ kind: "done", answer });
  world.bouncer.answers.encrypted.push({
    kind: "done",
    answer: {
      ...{ android_successfully_sent_count: 0, apple_successfully_sent_count: 1 },
      ...{ delete_device_ids: [77], realm_push_status: null },
    },
  });
  await world.byBouncer(world.add(await world.message()));
  assert.deepEqual(await world.tokens(), []);
  const left = await db.selectFrom("zerver_pushdevice").select("bouncer_device_id").execute();
  assert.deepEqual(left, [{ bouncer_device_id: 78 }]);
  assert.equal(await world.count(), 1);
});

domainTest(
  "what the bouncer says of the realm is stored, and users are notified once",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.device("fcm", "bb");
    const realm = { can_push: true, expected_end_timestamp: 1_800_000_000 };
    const answer = { ...notified({ apple_devices: [], android_devices: ["bb"] }), realm };
    for (let time = 0; time < 2; time++) {
      world.bouncer.answers.notify.push({ kind: "done", answer });
      await world.byBouncer(world.add(await world.message()));
    }
    const users = [world.ada, world.ben];
    const event = { type: "realm", op: "update" };
    const end = "push_notifications_enabled_end_timestamp";
    assert.deepEqual(world.published.map(({ event }) => event), [
      { event: { ...event, property: "push_notifications_enabled", value: true }, users },
      { event: { ...event, property: end, value: 1_800_000_000 }, users },
    ]);
    const rows = await db.selectFrom("zerver_realmauditlog").select(["event_type", "extra_data"])
      .orderBy("id").execute();
    assert.deepEqual(rows.map(({ event_type, extra_data }) => [event_type, extra_data]), [
      [207, { "1": false, "2": true, property: "push_notifications_enabled" }],
      [207, { "1": null, "2": 1_800_000_000, property: end }],
    ]);
  },
);

sqliteTest(
  "a realm that the bouncer does not push for is turned off, and not tried again",
  async (db) => {
    const world = await PushWorld.make(db);
    await db.updateTable("zerver_realm").set({ push_notifications_enabled: true }).execute();
    await world.device("fcm", "bb");
    const refused = {
      kind: "refused",
      code: "PUSH_NOTIFICATIONS_DISALLOWED",
      reason: "Pay",
    } as const;
    world.bouncer.answers.notify.push(refused);
    assert.deepEqual(await world.byBouncer(world.add(await world.message())), { kind: "done" });
    const rows = await db.selectFrom("zerver_realm").select("push_notifications_enabled").execute();
    assert.deepEqual(rows, [{ push_notifications_enabled: false }]);
    assert.match(
      world.lines.join("\n"),
      /warning: The push to device \d+ of user \d+ was refused: Pay/,
    );
  },
);

domainTest(
  "a realm that requires encryption has its texts in encrypted pushes only",
  async (db, { kind }) => {
    const world = await PushWorld.make(db);
    await db.updateTable("zerver_realm").set({ require_e2ee_push_notifications: true }).execute();
    await world.device("apns", "aa");
    await world.encrypted();
    await world.byBouncer(world.add(await world.message()));
    const { alert } = world.bouncer.notified[0]?.apns_payload as { alert: Record<string, unknown> };
    assert.equal(alert["body"], "New message", kind);
    assert.equal(world.bouncer.notified[0]?.gcm_payload["content"], "New message");
    assert.equal((opened(world)[0] as Record<string, unknown>)["content"], "Soup?");
  },
);

sqliteTest("a device whose key cannot be used costs itself only", async (db) => {
  const world = await PushWorld.make(db);
  await world.encrypted({ push_key: Uint8Array.of(0x32, ...PUSH_KEY.slice(1)) });
  await world.encrypted({ push_account_id: 5, bouncer_device_id: 78 });
  assert.deepEqual(await world.byBouncer(world.add(await world.message())), { kind: "done" });
  const devices = world.bouncer.encrypted[0]?.push_requests.map(({ device_id }) => device_id);
  assert.deepEqual(devices, [78]);
  assert.match(world.lines[0] ?? "", /^error: Device \d+: the device's push key begins with 50/);
});
