import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  connectDatabase,
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { appliedMigrations, migrate, MIGRATIONS } from "../../../lib/domain/database/migrations.ts";
import { OWN_TABLES, ZULIP_TABLES } from "../../../lib/domain/database/tables/all.ts";
import { describeDatabase } from "../../../lib/domain/database/address.ts";
import { recordActivities } from "../../../lib/domain/activity/user_activity.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresTest } from "../../servers.ts";
import { activities, eachDatabaseTest, inFolder } from "./each_database.ts";

const T = 1_700_000_000;

/** Every table of the program. */
const TABLES = Object.keys({ ...OWN_TABLES, ...ZULIP_TABLES }).sort();

function record(db: Database, user_profile_id: number, id: string): Promise<void> {
  const activity = { user_profile_id, client_id: 1, query: "home_real", time: T };
  return recordActivities(db, [activity], { queue: "user_activity", ids: [id], now: T * 1000 });
}

/** Runs `fn` with an empty database. */
function eachEmptyDatabaseTest(name: string, fn: (url: string) => Promise<void>): void {
  Deno.test(`${name} (sqlite)`, () => inFolder((folder) => fn(`sqlite:${folder}/test.sqlite`)));
  postgresTest(`${name} (postgres)`, ({ url }) => fn(url));
}

/** Runs SQL on a database without checking its tables. */
async function execute(url: string, ...statements: string[]): Promise<void> {
  await using db = await connectDatabase(url);
  for (const statement of statements) await sql.raw(statement).execute(db);
}

eachEmptyDatabaseTest("migrateDatabase applies each migration once", async (url) => {
  const first = await migrateDatabase(url);
  assert.deepEqual([first.kind, first.applied], ["own", MIGRATIONS]);
  assert.deepEqual([...first.made].sort(), TABLES);
  assert.deepEqual(await migrateDatabase(url), { kind: "own", applied: [], made: [] });
});

eachEmptyDatabaseTest(
  "migrateDatabase in several processes at once applies each migration once",
  async (url) => {
    const runs = Array.from({ length: 4 }, () => runProgram("database/migrate", [url]));
    const output = (await Promise.all(runs)).map(({ stdout, stderr }) => stdout + stderr);
    const own = `The database ${describeDatabase(url)} is the program's own`;
    const applied = [own, ...MIGRATIONS.map((name) => `applied ${name}`), "made 54 tables"];
    const none = `${own}\nnothing to do`;
    assert.deepEqual(output.sort(), [applied.join("\n"), ...Array(3).fill(none)]);
    await using db = await openDatabase(url);
    assert.deepEqual(await appliedMigrations(db), [...MIGRATIONS]);
  },
);

Deno.test("migrateDatabase applies all migrations or none", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await execute(url, "create view process_queue_inbox as select 1 as seen_at");
    await assert.rejects(migrateDatabase(url));
    await execute(url, "drop view process_queue_inbox");
    assert.deepEqual((await migrateDatabase(url)).applied, MIGRATIONS);
  }));

eachEmptyDatabaseTest("migrate records migrations in tables of its own", async (url) => {
  await using db = await connectDatabase(url);
  await migrate(db, "own");
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const records = ["process_queue_migration", "process_queue_migration_lock"];
  assert.deepEqual(tables.map((table) => table.name).sort(), [...TABLES, ...records].sort());
});

eachEmptyDatabaseTest(
  "openDatabase refuses a database that a newer version migrated",
  async (url) => {
    await migrateDatabase(url);
    await execute(url, `insert into process_queue_migration values ('0999_later', '2030-01-01')`);
    const newer = {
      name: "DatabaseError",
      kind: "newer",
      message:
        /^The database \S+ was migrated by a newer version of this program, which also applied 0999_later: run that version, or one after it\.$/,
    };
    await assert.rejects(openDatabase(url), newer);
    await assert.rejects(migrateDatabase(url), newer);
  },
);

eachEmptyDatabaseTest("migrateDatabase says what to do where a table was removed", async (url) => {
  await migrateDatabase(url);
  await execute(url, "drop table process_queue_inbox");
  await assert.rejects(migrateDatabase(url), {
    kind: "missing-table",
    message:
      /^A table of this program was removed from the database \S+ after it had been migrated: restore it from a backup, or delete all rows of process_queue_migration and run `process-queue migrate` again, which makes an empty one\.$/,
  });
  await assert.rejects(openDatabase(url), {
    kind: "missing-table",
    message: /^(?=.*process_queue_inbox).*run `process-queue migrate`/,
  });
  await execute(url, "delete from process_queue_migration");
  assert.deepEqual((await migrateDatabase(url)).applied, MIGRATIONS);
  await (await openDatabase(url)).destroy();
});

Deno.test("openDatabase migrates SQLite by itself, also from several handles at once", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/new/test.sqlite`;
    const handles = await Promise.all(Array.from({ length: 4 }, () => openDatabase(url)));
    for (const [index, db] of handles.entries()) await record(db, 1, `id-${index}`);
    assert.equal((await activities(handles[0] ?? assert.fail()))[0]?.count, 4);
    for (const db of handles) await db.destroy();
  }));

postgresTest("openDatabase never migrates PostgreSQL and names the command", async ({ url }) => {
  await assert.rejects(openDatabase(url), {
    kind: "missing-table",
    message:
      /^The database 127\.0\.0\.1:\d+\/test-\w+ lacks the tables of this program \(0001_user_activity, .*0004_zulip_tables\): run `process-queue migrate`\.$/,
  });
});

const ZULIP_TABLE = `create table zerver_useractivity (
  id serial primary key, user_profile_id int not null, client_id int not null,
  query varchar(50) not null, count int not null, last_visit timestamptz not null,
  unique (user_profile_id, client_id, query))`;

postgresTest(
  "migrateDatabase leaves Zulip's own table as it is and works with it",
  async ({ url }) => {
    await execute(
      url,
      ZULIP_TABLE,
      `insert into zerver_useractivity values (default, 7, 1, 'home_real', 41, to_timestamp(${
        T - 5
      }))`,
    );
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    await record(db, 7, "a");
    assert.deepEqual(await activities(db), [
      { user: 7, client: 1, query: "home_real", count: 42, time: T },
    ]);
    const { rows } = await sql<{ type: string }>`select data_type as type
    from information_schema.columns
    where table_name = 'zerver_useractivity' and column_name = 'id'`.execute(db);
    assert.deepEqual(rows, [{ type: "integer" }]);
  },
);

postgresTest(
  "migrateDatabase finds Zulip's table in another schema of the search path",
  async ({ url }) => {
    const path = `${url}?options=-csearch_path%3Dours,zulip`;
    await execute(url, "create schema zulip", "create schema ours");
    await execute(`${url}?options=-csearch_path%3Dzulip`, ZULIP_TABLE);
    await migrateDatabase(path);
    await using db = await openDatabase(path);
    await record(db, 1, "a");
    const { rows } = await sql<{ schema: string }>`select table_schema as schema
    from information_schema.tables where table_name = 'zerver_useractivity'`.execute(db);
    assert.deepEqual(rows, [{ schema: "zulip" }]);
  },
);

postgresTest(
  "migrateDatabase in a second schema ignores the records of the first",
  async ({ url }) => {
    await migrateDatabase(url);
    await execute(url, "create schema other");
    const other = `${url}?options=-csearch_path%3Dother`;
    assert.deepEqual((await migrateDatabase(other)).applied, MIGRATIONS);
    await (await openDatabase(other)).destroy();
  },
);

eachDatabaseTest("openDatabase reports a table of another shape as such", async (database) => {
  const db = await database.open();
  await sql`alter table zerver_useractivity rename column count to amount`.execute(db);
  await assert.rejects(record(db, 1, "a"), {
    kind: "schema",
    message: database.kind === "postgres"
      ? /^A table in 127\.0\.0\.1:\d+\/\S+ is not as this program needs it \(.*count.*\): compare it with one made by `process-queue migrate` in an empty database\.$/
      : /^The SQLite database \S+ has a table that is not as this program made it: compare it with an empty database \(.*count.*\)\.$/,
  });
});
