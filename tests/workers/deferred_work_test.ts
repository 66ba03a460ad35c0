import assert from "node:assert/strict";
import { openTestDatabase, runEvent, type RunResult } from "process-queue/testing";
import { loadConfig } from "../../lib/config/config.ts";
import { openDatabase } from "../../lib/domain/database/database.ts";
import type { Database } from "../../lib/domain/database/tables.ts";
import { NOT_DONE, whyNotDone } from "../../lib/domain/deferred/not_done.ts";
import deferredWork from "../../workers/deferred_work.ts";
import softReactivation from "../../workers/soft_reactivation.ts";
import { MADE, TestRealm } from "../fixtures/database/realm.ts";
import { ZULIP_TEMPLATE, zulipUrl } from "../fixtures/database/shapes.ts";
import { askForExport, makeOffice } from "../fixtures/exports/office.ts";
import { pushTest } from "../fixtures/push/push.ts";
import { postgresCopyTest } from "../servers.ts";

const UPLOADS = { LOCAL_UPLOADS_DIR: "/nonexistent" };

function run(
  database: Database,
  event: Record<string, unknown>,
  environment: Record<string, string> = {},
): Promise<RunResult> {
  return runEvent(deferredWork, event, { database, environment });
}

/** Ada, who has not read a message of Ben's in a channel. */
async function unread(db: Database) {
  const realm = await TestRealm.make(db);
  const [ada, ben] = [await realm.user("ada"), await realm.user("ben")];
  const { recipient } = await realm.channel("kitchen", [ada, ben]);
  const message = await realm.message(ben, recipient, [ada], { subject: "lunch" });
  return { realm, ada, ben, recipient, message };
}

Deno.test("channels are marked read for a user", async () => {
  await using db = await openTestDatabase();
  const { ada, recipient, message } = await unread(db);
  const event = { type: "mark_stream_messages_as_read", stream_recipient_ids: [recipient] };
  const { outcome, published, logs } = await run(db, { ...event, user_profile_id: ada });
  assert.equal(outcome, "done");
  assert.deepEqual(published.map(({ queue }) => queue), ["notify_tornado"]);
  const line = `Marked 1 messages as read for user ${ada}, stream_recipient_id ${recipient}`;
  assert(logs.some((log) => log.message === line));
  const { flags } = await db.selectFrom("zerver_usermessage").select("flags")
    .where("message_id", "=", message).executeTakeFirstOrThrow();
  assert.equal(flags, 1);
  const nobody = await run(db, { ...event, user_profile_id: 999 });
  assert.deepEqual([nobody.outcome, nobody.error?.message], ["discarded", "There is no user 999"]);
});

Deno.test("a channel is marked read for everyone, without a notice", async () => {
  await using db = await openTestDatabase();
  const { recipient } = await unread(db);
  const event = { type: "mark_stream_messages_as_read_for_everyone" };
  const { outcome, published, logs } = await run(db, { ...event, stream_recipient_id: recipient });
  assert.deepEqual([outcome, published], ["done", []]);
  const line = `Marked 1 messages as read for everyone, stream_recipient_id ${recipient}`;
  assert(logs.some(({ message }) => message === line));
  const gone = await run(db, { ...event, stream_recipient_id: 999 });
  assert.equal(gone.error?.message, "No channel has the recipient 999");
});

Deno.test("a user who was away is brought back, by both queues", async () => {
  for (const worker of [deferredWork, softReactivation]) {
    await using db = await openTestDatabase();
    const { realm, ben, recipient } = await unread(db);
    const away = await realm.user("grace", { long_term_idle: true, last_active_message_id: 0 });
    await db.insertInto("zerver_subscription").values({
      ...{ user_profile_id: away, recipient_id: recipient, active: true, is_user_active: true },
      ...{ is_muted: false, color: "", pin_to_top: false },
    }).execute();
    await realm.message(ben, recipient, [], { subject: "lunch" });
    const event = { type: "soft_reactivate", user_profile_id: away, notify_client: true };
    const { outcome, logs, error } = await runEvent(worker, event, { database: db });
    assert.equal(outcome, "done", error?.message);
    const lines = logs.map(({ message }) => message);
    assert(lines.includes(`Soft reactivated user ${away}, who got 2 messages`));
    const starting = `Starting soft reactivation for user_profile_id ${away}`;
    assert.equal(lines.includes(starting), worker === softReactivation);
    const again = await runEvent(worker, event, { database: db });
    const reason = `User ${away} is not soft deactivated`;
    assert.deepEqual([again.outcome, again.error?.message], ["discarded", reason]);
  }
});

async function withDevice() {
  const db = await openTestDatabase();
  const realm = await TestRealm.make(db);
  const ada = await realm.user("ada");
  const device = { user_id: ada, last_updated: MADE, kind: 2, token: "t", ios_app_id: null };
  await db.insertInto("zerver_pushdevicetoken").values(device).execute();
  return { db, ada, event: { type: "clear_push_device_tokens", user_profile_id: ada } };
}

Deno.test("devices are forgotten here where there is no push bouncer", async () => {
  const { db, ada, event } = await withDevice();
  await using _ = db;
  const { outcome, logs } = await run(db, event);
  assert.equal(outcome, "done");
  const line = `The database has forgotten the devices of user ${ada}`;
  assert(logs.some(({ message }) => message === line));
});

pushTest("devices are forgotten by the push bouncer, whose events wait for it", async (push) => {
  const { db, event } = await withDevice();
  await using _ = db;
  const clear = (more: object = {}) =>
    runEvent(deferredWork, event, { database: db, environment: push.throughBouncer, ...more });
  const forget = "bouncer:push/unregister/all";
  push.script({ answers: { [forget]: [{ status: 503 }, { status: 500 }, { status: 400 }] } });
  const away = await clear();
  assert.deepEqual([away.outcome, away.counted], ["retried", false], away.error?.message);
  const later = await clear();
  assert.deepEqual([later.outcome, later.counted], ["retried", false]);
  assert.match(later.error?.message ?? "", /^500 /);
  const refused = await clear();
  assert.equal(refused.outcome, "failed");
  assert.match(refused.error?.message ?? "", /^The push bouncer does not forget the devices of \d/);
  assert.equal((await clear()).outcome, "done");
  push.script({ answers: { [forget]: { status: 500 } } });
  const late = await clear({ publishedAt: Date.now() - 3_700_000 });
  assert.equal(late.outcome, "failed");
  assert.match(late.error?.message ?? "", /^waited too long: 500 .*\(given up after 37\d\d s\)$/);
  const rows = await db.selectFrom("zerver_pushdevicetoken").select("id").execute();
  assert.equal(rows.length, 1, "the bouncer has its own");
});

const MISFITS: readonly [event: Record<string, unknown>, problem: string][] = [
  [{ type: 5 }, "type: invalid_type"],
  [{ type: "soft_reactivate", user_profile_id: "5" }, "user_profile_id: invalid_type"],
  [
    { type: "mark_stream_messages_as_read", user_profile_id: 5, stream_recipient_ids: [7, 0] },
    "stream_recipient_ids: too_small",
  ],
  [{ type: "mark_stream_messages_as_read_for_everyone" }, "stream_recipient_id: missing"],
  [{ type: "realm_export", user_profile_id: 5 }, "realm_export_id: missing"],
];

for (const [event, problem] of MISFITS) {
  Deno.test(`an invalid event says where it is: ${JSON.stringify(event)}`, async () => {
    await using db = await openTestDatabase();
    const { reason, error } = await run(db, event);
    assert.equal(reason, "invalid");
    assert.match(error?.message ?? "", new RegExp(`schema: ${problem} \\(\\d+ bytes\\)$`));
  });
}

for (const type of [...NOT_DONE, "novel"]) {
  Deno.test(`an event of the type ${type} is a dead letter that says why`, async () => {
    await using db = await openTestDatabase();
    const environment = {
      ...{ ZULIP_SERVICE_PUSH_NOTIFICATIONS: "true", ZULIP_ORG_ID: crypto.randomUUID() },
      ZULIP_ORG_KEY: "sesame",
    };
    const event = { type, realm_id: 2, slack_access_token: "xoxb-12345678" };
    const { outcome, reason, error, logs } = await run(db, event, environment);
    assert.deepEqual([outcome, reason, error?.message], ["failed", "fail", whyNotDone(type)]);
    assert(!JSON.stringify([error, logs]).includes("xoxb"));
  });
}

Deno.test("the push bouncer gets no report where there is none", async () => {
  await using db = await openTestDatabase();
  const { outcome } = await run(db, { type: "push_bouncer_update_for_realm", realm_id: 2 });
  assert.equal(outcome, "discarded");
});

Deno.test("an event that asks for an export adds its job, once", async () => {
  await using db = await openTestDatabase();
  const office = await makeOffice(db);
  const id = await askForExport(db, office);
  const event = { type: "realm_export", user_profile_id: office.ada, realm_export_id: id };
  const refused = await run(db, event);
  assert.equal(refused.outcome, "failed");
  assert.match(
    refused.error?.message ?? "",
    /^LOCAL_UPLOADS_DIR is not set, .* put the event back/,
  );
  assert.equal((await run(db, event, UPLOADS)).outcome, "done");
  const again = await run(db, event, UPLOADS);
  const reason = `There is a job realm_export ${id} already`;
  assert.deepEqual([again.outcome, again.error?.message], ["discarded", reason]);
  const jobs = await db.selectFrom("process_queue_job").select(["key", "type", "state"]).execute();
  assert.deepEqual(jobs, [{ key: `realm_export ${id}`, type: "realm_export", state: "waiting" }]);
  const unknown = await run(db, { ...event, realm_export_id: 99 }, UPLOADS);
  assert.equal(unknown.error?.message, "There is no export 99 in zerver_realmexport");
});

Deno.test("an export that was started, and that nobody makes, is marked as failed", async () => {
  await using db = await openTestDatabase();
  const office = await makeOffice(db);
  const id = await askForExport(db, office, 1, 2);
  const event = { type: "realm_export", user_profile_id: office.ada, realm_export_id: id };
  const { outcome, logs, published } = await run(db, event, UPLOADS);
  assert.equal(outcome, "done");
  const line = `Marking export ${id} as failed: it was started, and no job makes it`;
  assert(logs.some(({ level, message }) => level === "error" && message === line));
  assert.deepEqual(published.map(({ queue }) => queue), ["notify_tornado"]);
  const { status } = await db.selectFrom("zerver_realmexport").select("status")
    .executeTakeFirstOrThrow();
  assert.equal(status, 4);
});

postgresCopyTest(
  "on a Zulip server's database an export is left to Zulip",
  ZULIP_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(zulipUrl(url));
    const event = { type: "realm_export", user_profile_id: 5, realm_export_id: 1 };
    const { outcome, error } = await run(db, event, UPLOADS);
    assert.equal(outcome, "failed");
    assert.match(error?.message ?? "", /^an export is not made on the database of a Zulip server/);
  },
);

Deno.test("the queue of its own is active where the server has it", () => {
  assert.equal(softReactivation.enabled?.(loadConfig({})), false);
  const environment = { DEDICATED_SOFT_REACTIVATION_QUEUE: "true" };
  assert.equal(softReactivation.enabled?.(loadConfig(environment)), true);
});
