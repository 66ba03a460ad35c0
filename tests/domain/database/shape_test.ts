import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  connectDatabase,
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { OPTIONAL, shapeOf } from "../../../lib/domain/database/shape.ts";
import {
  createZulip,
  domainTest,
  makeNewer,
  ZULIP_TEMPLATE,
  zulipUrl,
} from "../../fixtures/database/shapes.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresCopyTest, postgresTest } from "../../servers.ts";

domainTest("shapeOf says whose tables a database has", async (db, { kind }) => {
  const shape = await shapeOf(db);
  assert.equal(shape.kind, kind);
  await db.transaction().execute(async (trx) => assert.equal(await shapeOf(trx), shape));
});

domainTest("shapeOf says which optional columns and tables there are", async (db, { kind }) => {
  const { has } = await shapeOf(db);
  const all = {
    "zerver_userprofile.recipient_id": true,
    "zerver_userprofile.is_deleted": kind === "own",
    "zerver_realm.require_e2ee_push_notifications": true,
    "zerver_pushdevice": true,
    "zerver_device": kind === "own",
  };
  assert.deepEqual(Object.fromEntries(OPTIONAL.map((name) => [name, has(name)])), all);
});

postgresCopyTest("shapeOf knows a server of 2026", ZULIP_TEMPLATE, async ({ url }) => {
  await using older = await openDatabase(zulipUrl(url));
  await makeNewer(older);
  await using db = await openDatabase(zulipUrl(url));
  const { has } = await shapeOf(db);
  assert.deepEqual(OPTIONAL.filter((name) => has(name)), [
    "zerver_userprofile.is_deleted",
    "zerver_realm.require_e2ee_push_notifications",
    "zerver_device",
  ]);
});

/** The tables, views, sequences, indexes and constraints of a schema. */
async function everything(url: string): Promise<string[]> {
  await using db = await connectDatabase(url);
  const { rows } = await sql<{ name: string }>`
    select relkind::text || ' ' || relname as name from pg_class
    where relnamespace = current_schema()::regnamespace
    union all select 'constraint ' || conname || ' of ' || conrelid::regclass from pg_constraint
    where connamespace = current_schema()::regnamespace order by name`.execute(db);
  return rows.map(({ name }) => name);
}

postgresTest("migrateDatabase makes only process_queue_* in a Zulip server's database", async ({
  url,
}) => {
  await createZulip(url);
  const zulip = zulipUrl(url);
  const before = await everything(zulip);
  const said = await runProgram("database/migrate", [zulip]);
  assert.match(
    said.stdout,
    /^The database 127\.0\.0\.1:\d+\/\S+ is a Zulip server's: only tables named process_queue_\* are made in it\napplied 0002_inbox\napplied 0003_outbox_effects_jobs\nmade process_queue_inbox, process_queue_outbox, process_queue_effect, process_queue_job$/,
  );
  const after = await everything(zulip);
  assert.deepEqual(after.filter((name) => !name.includes("process_queue_")), before);
  assert.deepEqual(await migrateDatabase(zulip), { kind: "zulip", applied: [], made: [] });
});

postgresTest("migrateDatabase makes its tables where the user may, after Zulip's", async ({
  url,
}) => {
  await createZulip(url);
  const role = `worker_${crypto.randomUUID().slice(0, 8)}`;
  await using owner = await connectDatabase(url);
  const statements = [
    `create role ${role} login password 'worker'`,
    "create schema ours",
    `grant all on schema ours to ${role}`,
    `grant usage on schema zulip to ${role}`,
    `grant select, insert, update, delete on all tables in schema zulip to ${role}`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(owner);
  const worker = Object.assign(new URL(url), { username: role, password: "worker" });
  worker.search = "?options=-csearch_path%3Dzulip,ours";
  try {
    const { applied } = await migrateDatabase(worker.href);
    assert.deepEqual(applied, ["0002_inbox", "0003_outbox_effects_jobs"]);
    await (await openDatabase(worker.href)).destroy();
    assert.deepEqual((await migrateDatabase(worker.href)).applied, []);
    const found = await tableSchemas(owner);
    assert.deepEqual(found, { ...found, process_queue_inbox: "ours", process_queue_job: "ours" });
  } finally {
    await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(owner);
  }
});

async function tableSchemas(db: Database): Promise<Record<string, string>> {
  const { rows } = await sql<{ name: string; schema: string }>`
    select table_name as name, table_schema as schema from information_schema.tables
    where table_name like 'process_queue_%'`.execute(db);
  return Object.fromEntries(rows.map(({ name, schema }) => [name, schema]));
}

postgresTest("a search path that misses a Zulip server's tables is an error", async ({ url }) => {
  await createZulip(url);
  const missed = {
    kind: "schema",
    message:
      /^The database 127\.0\.0\.1:\d+\/\S+ has a Zulip server's tables in the schema zulip, which is not in the search_path of the user of DATABASE_URL: add \?options=-csearch_path%3Dzulip to DATABASE_URL, or set the search_path of the user\.$/,
  };
  await assert.rejects(migrateDatabase(url), missed);
  await assert.rejects(openDatabase(url), missed);
  assert.deepEqual((await everything(url)).length, 0);
});

postgresTest("openDatabase does not migrate a Zulip server's database", async ({ url }) => {
  await createZulip(url);
  await assert.rejects(openDatabase(zulipUrl(url)), {
    kind: "missing-table",
    message:
      /lacks the tables of this program \(0002_inbox, 0003_outbox_effects_jobs\): run `process-queue migrate`\.$/,
  });
});
