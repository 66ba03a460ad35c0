import assert from "node:assert/strict";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { PushUnavailable } from "../../../lib/domain/push/push_transport.ts";
import { base64Of, RegistrationError, registrationOf } from "../../../lib/domain/push/register.ts";
import { domainTest, makeNewer } from "../../fixtures/database/shapes.ts";
import { PUSH_KEY, PushWorld, sqliteTest } from "./world.ts";

const ACCOUNT = 9_007_199_254_740_993n;
const TOKEN = -2n;

const refused = (code: string | undefined) => ({ kind: "refused", code, reason: "No" }) as const;

const ANSWERS: readonly [
  what: string,
  result: Parameters<typeof registrationOf>[0],
  registration: ReturnType<typeof registrationOf>,
][] = [
  ["an id", { kind: "done", answer: { device_id: 7 } }, { kind: "active", deviceId: 7 }],
  ...["INVALID_BOUNCER_PUBLIC_KEY", "BAD_REQUEST", "REQUEST_EXPIRED", "NOVEL"].map((code) =>
    [code, refused(code), { kind: "failed", code }] as const
  ).map(([what, result, failed]): typeof ANSWERS[number] => [what, result, failed]),
  ["no code", refused(undefined), { kind: "failed", code: "BAD_REQUEST" }],
  ["a realm that it does not know", refused("MISSING_REMOTE_REALM"), {
    kind: "retry",
    reason: "MISSING_REMOTE_REALM No",
  }],
  ["no pushes allowed", refused("PUSH_NOTIFICATIONS_DISALLOWED"), {
    kind: "retry",
    reason: "PUSH_NOTIFICATIONS_DISALLOWED No",
  }],
  ["not now", { kind: "later", reason: "502", afterMs: 9 }, {
    kind: "later",
    reason: "502",
    afterMs: 9,
  }],
  ["nothing", { kind: "unknown", reason: "cut" }, {
    kind: "later",
    reason: "cut",
    afterMs: undefined,
  }],
];

for (const [what, result, registration] of ANSWERS) {
  Deno.test(`what follows when the bouncer answers a registration with ${what}`, () => {
    assert.deepEqual(registrationOf(result), registration);
  });
}

function accountEvent(world: PushWorld): Record<string, unknown> {
  return {
    type: "register_push_device_to_bouncer",
    payload: {
      ...{ user_profile_id: world.ada, push_account_id: String(ACCOUNT) },
      ...{ bouncer_public_key: "cHVi", encrypted_push_registration: "c2Vj" },
    },
  };
}

async function accountRow({ db }: PushWorld) {
  return await db.selectFrom("zerver_pushdevice").select(["bouncer_device_id", "error_code"])
    .executeTakeFirst();
}

domainTest("a device is registered once, and its user learns of it", async (db) => {
  const world = await PushWorld.make(db);
  await world.encrypted({ push_account_id: ACCOUNT, bouncer_device_id: null });
  const event = accountEvent(world);
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await world.byBouncer(event), { kind: "done" });
  }
  const { uuid } = await db.selectFrom("zerver_realm").select("uuid").executeTakeFirstOrThrow();
  assert.deepEqual(world.bouncer.registered, [{
    realm_uuid: uuid,
    push_account_id: ACCOUNT,
    encrypted_push_registration: "c2Vj",
    bouncer_public_key: "cHVi",
  }]);
  assert.deepEqual(await accountRow(world), { bouncer_device_id: 1001, error_code: null });
  assert.deepEqual(world.published, [{
    queue: "notify_tornado",
    event: {
      event: { type: "push_device", push_account_id: String(ACCOUNT), status: "active" },
      users: [world.ada],
    },
  }]);
});

domainTest("a registration that is refused is stored, and its user learns of it", async (db) => {
  const world = await PushWorld.make(db);
  await world.encrypted({ push_account_id: ACCOUNT, bouncer_device_id: null });
  world.bouncer.answers.register.push(refused("REQUEST_EXPIRED"));
  assert.deepEqual(await world.byBouncer(accountEvent(world)), { kind: "done" });
  const code = "REQUEST_EXPIRED";
  assert.deepEqual(await accountRow(world), { bouncer_device_id: null, error_code: code });
  const event = { type: "push_device", push_account_id: String(ACCOUNT), status: "failed" };
  assert.deepEqual(world.published.map((one) => one.event), [
    { event: { ...event, error_code: code }, users: [world.ada] },
  ]);
  assert.match(
    world.lines.join(),
    /error: Push registration request for push_account_id=\d+ expired/,
  );
});

sqliteTest(
  "a registration waits for the bouncer, and what is not the device's is retried",
  async (db) => {
    const world = await PushWorld.make(db);
    await world.encrypted({ push_account_id: ACCOUNT, bouncer_device_id: null });
    const event = accountEvent(world);
    const { register } = world.bouncer.answers;
    register.push(new PushUnavailable("push bouncer", "503"));
    await assert.rejects(world.byBouncer(event), PushUnavailable);
    register.push({ kind: "later", reason: "502" });
    assert.equal((await world.byBouncer(event)).kind, "later");
    register.push(refused("MISSING_REMOTE_REALM"));
    assert.equal((await world.byBouncer(event)).kind, "again");
    assert.match(
      world.lines.join(),
      /error: Push device registration request for push_account_id=/,
    );
    assert.deepEqual(await accountRow(world), { bouncer_device_id: null, error_code: null });
    assert.deepEqual(await world.byBouncer(event), { kind: "done" });
  },
);

sqliteTest("a registration needs the bouncer", async (db) => {
  const world = await PushWorld.make(db);
  await assert.rejects(world.run(accountEvent(world)), (error) => {
    assert(error instanceof RegistrationError);
    assert.match(error.message, /set ZULIP_SERVICE_PUSH_NOTIFICATIONS to true/);
    return true;
  });
});

domainTest(
  "a device of a newer server gets its token, unless another one came first",
  async (older, { kind, url }) => {
    const made = await PushWorld.make(older);
    if (kind === "zulip") await makeNewer(older);
    // Another handle sees what has become of the tables.
    await using db = kind === "zulip" ? await openDatabase(url) : undefined;
    await assertNewer(db ? made.on(db) : made);
  },
);

sqliteTest("no event is sent for a registration whose row was deleted", async (db) => {
  const world = await PushWorld.make(db);
  const { id } = await db.insertInto("zerver_device").values({
    ...{ user_id: world.ada, push_key: PUSH_KEY, push_key_id: 12, push_token_kind: "fcm" },
    pending_push_token_id: TOKEN,
  }).returning("id").executeTakeFirstOrThrow();
  await world.encrypted({ push_account_id: ACCOUNT, bouncer_device_id: null });
  const { bouncer } = world;
  const answering = async (body: Parameters<typeof bouncer.register>[0]) => {
    // While the bouncer answers, the app registers another token, or the device is removed.
    await db.updateTable("zerver_device").set({ pending_push_token_id: -3n }).execute();
    await db.deleteFrom("zerver_pushdevice").execute();
    return await bouncer.register(body);
  };
  const services = { bouncer: Object.assign(Object.create(bouncer), { register: answering }) };
  for (const code of [undefined, "REQUEST_EXPIRED"]) {
    for (const payload of [deviceEvent(world, id, TOKEN).payload, accountEvent(world)["payload"]]) {
      if (code) bouncer.answers.register.push(refused(code));
      else bouncer.answers.register.push({ kind: "done", answer: { device_id: 7 } });
      const event = { type: "register_push_device_to_bouncer", payload };
      assert.deepEqual(await world.run(event, {}, services), { kind: "done" });
      await db.deleteFrom("zerver_pushdevice").execute();
      await world.encrypted({ push_account_id: ACCOUNT, bouncer_device_id: null });
      await db.updateTable("zerver_device").set({ pending_push_token_id: TOKEN }).execute();
    }
  }
  assert.deepEqual(world.published, []);
  const device = await db.selectFrom("zerver_device").select("push_token_id").executeTakeFirst();
  assert.deepEqual(device, { push_token_id: null });
});

function deviceEvent({ ada }: PushWorld, device_id: number, token: bigint) {
  return {
    type: "register_push_device_to_bouncer",
    payload: {
      ...{ user_profile_id: ada, device_id, token_id_base64: base64Of(token) },
      ...{ bouncer_public_key: "cHVi", encrypted_push_registration: "c2Vj" },
    },
  };
}

async function assertNewer(world: PushWorld): Promise<void> {
  const { id } = await world.db.insertInto("zerver_device").values({
    ...{ user_id: world.ada, push_key: PUSH_KEY, push_key_id: 12, push_token_kind: "fcm" },
    pending_push_token_id: TOKEN,
  }).returning("id").executeTakeFirstOrThrow();
  const event = (token: bigint) => deviceEvent(world, id, token);
  world.bouncer.answers.register.push({ kind: "done", answer: {} });
  assert.deepEqual(await world.byBouncer(event(-3n)), { kind: "done" });
  assert.deepEqual(await world.byBouncer(event(TOKEN)), { kind: "done" });
  assert.deepEqual(world.bouncer.registered.map(({ token_id }) => token_id), [TOKEN]);
  const update = { type: "device", op: "update", device_id: id };
  const token = { push_token_id: base64Of(TOKEN), pending_push_token_id: null };
  assert.deepEqual(world.published.map((one) => one.event), [
    { event: { ...update, ...token }, users: [world.ada] },
  ]);
  await world.byBouncer(world.add(await world.message()));
  const [request] = world.bouncer.encrypted[0]?.push_requests ?? [];
  assert.equal(Number(request?.token_id), -2);
  assert.equal(Number(request?.payload.push_key_id), 12);
}
