/**
 * The tables that the first versions made.
 *
 * @module
 */

import { type Kysely, sql } from "kysely";
import { isPostgres } from "../dialect.ts";
import { DECLARED } from "../tables/declared_types.ts";
import { presentTables } from "./create.ts";

// deno-lint-ignore no-explicit-any -- migrations outlive the types of the tables
type AnyDatabase = Kysely<any>;

const ACTIVITY = "zerver_useractivity";
const INBOX = "process_queue_inbox";

/**
 * Makes Zulip's `zerver_useractivity` without its foreign keys, as events may name users that the
 * database lacks, and without the indexes that nothing here uses.
 */
export async function createUserActivity(
  db: AnyDatabase,
  schema: string | undefined,
  made: string[],
): Promise<void> {
  if (await isPresent(db, ACTIVITY)) return;
  const postgres = isPostgres(db);
  await within(db, schema).schema.createTable(ACTIVITY)
    .addColumn(
      "id",
      postgres ? "bigint" : "integer",
      (id) => postgres ? id.generatedByDefaultAsIdentity().primaryKey() : id.primaryKey(),
    )
    .addColumn("user_profile_id", "integer", (column) => column.notNull())
    .addColumn("client_id", "integer", (column) => column.notNull())
    .addColumn("query", "varchar(50)", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn(
      "last_visit",
      postgres ? "timestamptz" : sql.raw(DECLARED.time),
      (column) => column.notNull(),
    )
    .addUniqueConstraint("zerver_useractivity_user_client_query_uniq", [
      "user_profile_id",
      "client_id",
      "query",
    ])
    .execute();
  made.push(ACTIVITY);
}

/** Makes the inbox. */
export async function createInbox(
  db: AnyDatabase,
  schema: string | undefined,
  made: string[],
): Promise<void> {
  if (await isPresent(db, INBOX)) return;
  const place = within(db, schema);
  await place.schema.createTable(INBOX)
    .addColumn("queue", "text", (column) => column.notNull())
    .addColumn("message_id", "text", (column) => column.notNull())
    .addColumn("seen_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("process_queue_inbox_pkey", ["queue", "message_id"])
    .$call((table) => isPostgres(db) ? table : table.modifyEnd(sql`without rowid`))
    .execute();
  await place.schema.createIndex("process_queue_inbox_seen_at")
    .on(INBOX).column("seen_at").execute();
  made.push(INBOX);
}

/** SQLite: declares `last_visit` a time, which earlier versions declared as text. */
export async function retypeUserActivity(db: AnyDatabase): Promise<void> {
  if (isPostgres(db)) return;
  const { rows } = await sql<{ type: string }>`
    select type from pragma_table_info(${ACTIVITY}) where name = 'last_visit'`.execute(db);
  if (rows[0]?.type.toLowerCase() !== "text") return;
  const old = `${ACTIVITY}_0003`;
  await db.schema.alterTable(ACTIVITY).renameTo(old).execute();
  await createUserActivity(db, undefined, []);
  await sql`insert into ${sql.table(ACTIVITY)} select * from ${sql.table(old)}`.execute(db);
  await db.schema.dropTable(old).execute();
}

async function isPresent(db: AnyDatabase, table: string): Promise<boolean> {
  return (await presentTables(db, [table])).has(table);
}

function within(db: AnyDatabase, schema: string | undefined): AnyDatabase {
  return schema === undefined ? db : db.withSchema(schema);
}
