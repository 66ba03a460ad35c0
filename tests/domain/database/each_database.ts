/**
 * Registers a test for every kind of database: SQLite always, PostgreSQL where it is installed.
 *
 * @module
 */

import { sql } from "kysely";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { OWN_TEMPLATE } from "../../fixtures/database/shapes.ts";
import { postgresCopyTest } from "../../servers.ts";

/** One migrated, empty database. */
export interface TestDatabase {
  readonly kind: "sqlite" | "postgres";
  readonly url: string;
  /** Another handle on it, closed after the test. */
  open(): Promise<Database>;
}

/** Registers `fn` once for SQLite and once for PostgreSQL. */
export function eachDatabaseTest(
  name: string,
  fn: (database: TestDatabase) => Promise<void>,
): void {
  Deno.test(`${name} (sqlite)`, () =>
    inFolder((folder) => withHandles("sqlite", `sqlite:${folder}/test.sqlite`, fn)));
  postgresCopyTest(
    `${name} (postgres)`,
    OWN_TEMPLATE,
    ({ url }) => withHandles("postgres", url, fn),
  );
}

/** Runs `fn` with a folder of its own, removed afterwards. */
export async function inFolder(
  fn: (folder: string) => Promise<void>,
  parent?: string,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pq-database-", ...(parent && { dir: parent }) });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function withHandles(
  kind: TestDatabase["kind"],
  url: string,
  fn: (database: TestDatabase) => Promise<void>,
): Promise<void> {
  if (kind === "sqlite") await migrateDatabase(url);
  await using handles = new AsyncDisposableStack();
  const open = async () => {
    const db = await openDatabase(url);
    handles.defer(() => db.destroy());
    return db;
  };
  await fn({ kind, url, open });
}

/** A row of `zerver_useractivity`, the same for every kind of database. */
export interface ActivityRow {
  readonly user: number;
  readonly client: number;
  readonly query: string;
  readonly count: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** The whole of `zerver_useractivity`, by key. */
export async function activities(db: Database): Promise<ActivityRow[]> {
  const rows = await db.selectFrom("zerver_useractivity").selectAll()
    .orderBy("user_profile_id").orderBy("client_id").orderBy("query").execute();
  return rows.map((row) => ({
    user: row.user_profile_id,
    client: row.client_id,
    query: row.query,
    count: row.count,
    time: new Date(row.last_visit).getTime() / 1000,
  }));
}

/** The ids in the inbox, in order. */
export async function inboxIds(db: Database): Promise<string[]> {
  const rows = await db.selectFrom("process_queue_inbox").select("message_id")
    .orderBy("message_id").execute();
  return rows.map((row) => row.message_id);
}

/** Makes the database refuse rows of the user 13: a fault of the data. */
export async function refuseUser13(
  { kind }: TestDatabase,
  db: Database,
): Promise<void> {
  const refusal = kind === "postgres"
    ? sql`alter table zerver_useractivity add constraint not_13 check (user_profile_id <> 13)`
    : sql`create trigger not_13 before insert on zerver_useractivity
        when new.user_profile_id = 13 begin select raise(abort, 'not_13'); end`;
  await refusal.execute(db);
}

/** Makes users, and has PostgreSQL refuse the activity of others when it commits. */
export async function createUsers(db: Database, ids: readonly number[]): Promise<void> {
  await sql`create table present_user (id int primary key)`.execute(db);
  for (const id of ids) await sql`insert into present_user values (${id})`.execute(db);
  await sql`alter table zerver_useractivity add foreign key (user_profile_id)
    references present_user (id) deferrable initially deferred`.execute(db);
}
