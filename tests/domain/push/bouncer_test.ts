import assert from "node:assert/strict";
import type { NotifyBody } from "../../../lib/domain/push/bouncer_bodies.ts";
import { bouncerOf, never, unavailable } from "../../fixtures/push/notifications.ts";
import { PushFixture, pushTest } from "../../fixtures/push/push.ts";

const USER = { user_uuid: "11111111-2222", user_id: 10, realm_uuid: "33333333-4444" };
const NOTIFY: NotifyBody = {
  ...USER,
  apns_payload: { badge: 0 },
  gcm_payload: { event: "message" },
  gcm_options: { priority: "high" },
  android_devices: ["android1", "android2"],
  apple_devices: ["apple1"],
};
const LARGE = 9007199254740993n;
const REGISTER = {
  realm_uuid: USER.realm_uuid,
  push_account_id: LARGE,
  encrypted_push_registration: "c2VhbGVk",
  bouncer_public_key: "a2V5",
};

pushTest(
  "the bouncer gets a push for all of a user's devices, and names the dead",
  async (push) => {
    await using bouncer = bouncerOf(push);
    push.script({
      dead: ["android2"],
      realm: { can_push: true, expected_end_timestamp: 1893456000 },
    });
    assert.deepEqual(await bouncer.notify(NOTIFY, never()), {
      kind: "done",
      answer: {
        total_android_devices: 1,
        total_apple_devices: 1,
        deleted_devices: { android_devices: ["android2"], apple_devices: [] },
        realm: { can_push: true, expected_end_timestamp: 1893456000 },
      },
    });
    const [received] = push.received("bouncer");
    assert.equal(received?.path, "/api/v1/remotes/push/notify");
    assert.deepEqual(JSON.parse(received?.text ?? ""), NOTIFY);
    assert.match(received?.headers["user-agent"] ?? "", /^process-queue\/\d/);
  },
);

pushTest(
  "the bouncer gets encrypted pushes, and names the devices that no longer exist",
  async (push) => {
    await using bouncer = bouncerOf(push);
    push.script({ dead: [7], realm: null });
    const payload = { push_account_id: LARGE, encrypted_data: "Ym94" };
    const result = await bouncer.notifyE2ee({
      realm_uuid: USER.realm_uuid,
      push_requests: [
        { device_id: 7, fcm_priority: "high", payload },
        {
          device_id: 8,
          http_headers: { apns_priority: 10, apns_push_type: "alert" },
          payload: { ...payload, aps: { "mutable-content": 1 } },
        },
      ],
    }, never());
    assert.deepEqual(result, {
      kind: "done",
      answer: {
        android_successfully_sent_count: 0,
        apple_successfully_sent_count: 1,
        delete_device_ids: [7],
        realm_push_status: null,
      },
    });
    assert.match(push.received("bouncer")[0]?.text ?? "", /"push_account_id":9007199254740993,/);
  },
);

pushTest("the bouncer registers a device; ids over 2^53 keep their value", async (push) => {
  await using bouncer = bouncerOf(push);
  const body = `{"result":"success","msg":"","device_id":${LARGE}}`;
  push.script({ answers: { "bouncer:push/e2ee/register": [{ status: 200, body }] } });
  const first = await bouncer.register(REGISTER, never());
  assert.deepEqual(first, { kind: "done", answer: { device_id: LARGE } });
  const form = new URLSearchParams(push.received("bouncer")[0]?.text);
  assert.deepEqual(Object.fromEntries(form), { ...REGISTER, push_account_id: String(LARGE) });
  const { push_account_id: _, ...newer } = REGISTER;
  const second = await bouncer.register({ ...newer, token_id: 5 }, never());
  assert.equal(second.kind, "done");
});

for (const code of ["INVALID_BOUNCER_PUBLIC_KEY", "BAD_REQUEST", "REQUEST_EXPIRED"]) {
  pushTest(`the bouncer refuses a registration with ${code}`, async (push) => {
    await using bouncer = bouncerOf(push);
    const answers = { "bouncer:push/e2ee/register": { status: 400, reason: code } };
    push.script({ answers });
    const result = await bouncer.register(REGISTER, never());
    assert(result.kind === "refused");
    assert.equal(result.code, code);
  });
}

pushTest("the bouncer forgets the devices of a user", async (push) => {
  await using bouncer = bouncerOf(push);
  assert.equal((await bouncer.unregisterAll(USER, never())).kind, "done");
  const form = new URLSearchParams(push.received("bouncer")[0]?.text);
  assert.deepEqual(Object.fromEntries(form), { ...USER, user_id: "10" });
});

pushTest("the bouncer says of a report which realms may push", async (push) => {
  await using bouncer = bouncerOf(push);
  const realms = JSON.stringify([{ id: 2, uuid: USER.realm_uuid }]);
  const result = await bouncer.reportServer({ realms, version: '"12.0"' }, never());
  assert.deepEqual(result, {
    kind: "done",
    answer: { realms: { [USER.realm_uuid]: { can_push: true, expected_end_timestamp: null } } },
  });
});

pushTest("the bouncer: 500 and 429 are later, 400 is not", async (push) => {
  await using bouncer = bouncerOf(push);
  const steps = [
    { status: 500, body: "<html>" },
    { status: 429, reason: "RATE_LIMIT_HIT", headers: { "retry-after": "4" } },
    { status: 400, reason: "PUSH_NOTIFICATIONS_DISALLOWED" },
  ];
  push.script({ answers: { "bouncer:push/notify": steps } });
  const results = [];
  for (let i = 0; i <= steps.length; i++) results.push(await bouncer.notify(NOTIFY, never()));
  assert.deepEqual(results.slice(0, 3), [
    { kind: "later", reason: "500" },
    {
      kind: "later",
      reason: '429 RATE_LIMIT_HIT "The server of the tests says RATE_LIMIT_HIT"',
      afterMs: 4000,
    },
    {
      kind: "refused",
      code: "PUSH_NOTIFICATIONS_DISALLOWED",
      reason: "The server of the tests says PUSH_NOTIFICATIONS_DISALLOWED",
    },
  ]);
  assert.equal(results[3]?.kind, "done");
});

pushTest("the bouncer: an answer that cannot be read may have been a push", async (push) => {
  await using bouncer = bouncerOf(push);
  const bodies = ["", "<html>", "{}", '{"total_android_devices": "1"}'];
  const steps = bodies.map((body) => ({ status: 200, body }));
  push.script({ answers: { "bouncer:push/notify": steps } });
  for (const body of bodies) {
    const result = await bouncer.notify(NOTIFY, never());
    assert.deepEqual(result, {
      kind: "unknown",
      reason: "200 with an answer that cannot be read",
    }, body);
  }
});

pushTest(
  "the bouncer: a push whose connection was cut is unknown, and not repeated",
  async (push) => {
    await using bouncer = bouncerOf(push);
    push.script({ answers: { "bouncer:push/notify": ["cut-after"] } });
    assert.equal((await bouncer.notify(NOTIFY, never())).kind, "unknown");
    assert.equal(push.received("bouncer").length, 1);
    assert.equal((await bouncer.notify(NOTIFY, never())).kind, "done");
  },
);

pushTest("the bouncer: a key that it does not know makes it unavailable", async (push) => {
  await using bouncer = bouncerOf(push, { ZULIP_ORG_KEY: "another-key" });
  const error = await unavailable(bouncer.notify(NOTIFY, never()));
  assert.match(error.reason, /^The push bouncer does not know this server \(401 .*: correct /);
  assert(!error.reason.includes("another-key"));
  assert.equal(error.service, "push bouncer");
});

pushTest("the bouncer: 503 makes it unavailable for as long as it says", async (push) => {
  await using bouncer = bouncerOf(push);
  const away = { status: 503, body: "", headers: { "retry-after": "30" } };
  push.script({ answers: { "bouncer:*": [away] } });
  assert.equal((await unavailable(bouncer.notify(NOTIFY, never()))).afterMs, 30_000);
});

Deno.test("the bouncer is unavailable while it is down, and works when it is back", async () => {
  await using push = await PushFixture.start();
  await using bouncer = bouncerOf(push);
  assert.equal((await bouncer.notify(NOTIFY, never())).kind, "done");
  await push.kill();
  // The connection that was kept is dead: what goes into it may have arrived.
  const first = await bouncer.notify(NOTIFY, never()).catch((error) => error);
  assert(first.kind === "unknown" || first.service === "push bouncer", Deno.inspect(first));
  const { reason } = await unavailable(bouncer.notify(NOTIFY, never()));
  assert.match(reason, /: check ZULIP_SERVICES_URL, and that firewalls let this machine reach it$/);
  await push.start();
  assert.equal((await bouncer.notify(NOTIFY, never())).kind, "done");
});
