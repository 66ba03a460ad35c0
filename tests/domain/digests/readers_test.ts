import assert from "node:assert/strict";
import { sql } from "kysely";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { newMessageCounts } from "../../../lib/domain/digests/readers.ts";
import { MADE } from "../../fixtures/database/realm.ts";
import { OWN_TEMPLATE } from "../../fixtures/database/shapes.ts";
import { postgresCopyTest } from "../../servers.ts";
import { CUTOFF, DigestWorld } from "./world.ts";

/** Copies a message, one for each minute before it. */
async function copyMessage(
  db: Awaited<ReturnType<typeof openDatabase>>,
  message: number,
  count: number,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_name = 'zerver_message' and column_name not in ('id', 'date_sent', 'search_tsvector')`
    .execute(db);
  const columns = sql.join(rows.map(({ name }) => sql.ref(name)));
  await sql`insert into zerver_message (${columns}, date_sent)
    select ${columns}, ${MADE}::timestamptz - interval '1 minute' * (${sql.lit(count)} - place)
    from zerver_message, generate_series(1, ${sql.lit(count)}) as place
    where id = ${message}`.execute(db);
  await sql`analyze zerver_message`.execute(db);
}

postgresCopyTest(
  "messages of before a digest are not read to count those since",
  OWN_TEMPLATE,
  async ({ url }) => {
    await using db = await openDatabase(url);
    const world = await DigestWorld.make(db);
    const ada = await world.realm.user("ada");
    const { recipient } = await world.channel("kitchen", [ada]);
    const first = await world.write(ada, recipient, "soup", { date_sent: new Date(0) });
    await copyMessage(db, first, 20_000);
    await world.write(ada, recipient, "soup", { readers: [ada] });
    await db.transaction().execute(async (trx) => {
      const counts = await newMessageCounts(trx, world.realm.id, [ada], CUTOFF);
      assert.deepEqual([...counts], [[ada, 1]]);
      const { rows: [read] } = await sql<{ count: string }>`
        select idx_tup_fetch + seq_tup_read as count from pg_stat_xact_user_tables
        where relname = 'zerver_message'`.execute(trx);
      // 7,201 messages are of the five days.
      assert(Number(read?.count) < 10_000, `${read?.count} messages read`);
    });
  },
);
