/** An export of the real program that is killed in the middle, of more than its thread can hold. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { inTransaction } from "../../lib/database.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import type { Database } from "../../lib/domain/database/tables.ts";
import { requestExport } from "../../lib/domain/exports/request.ts";
import { askForExport, makeOffice, type Office } from "../fixtures/exports/office.ts";
import { filesIn } from "../fixtures/files_in.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Together 300 MB, more than the heap of a job's thread. */
const [MESSAGES, CHARACTERS] = [60_000, 5_000];

/** Adds many long messages. */
async function addMany(db: Database, { realm, ben, messages }: Office): Promise<void> {
  await sql`
    with recursive number (n) as (select 1 union all select n + 1 from number where n < ${MESSAGES})
    insert into zerver_message (sender_id, recipient_id, realm_id, type, subject, content, date_sent,
      sending_client_id, has_attachment, has_image, has_link, is_channel_message)
    select ${ben}, (select recipient_id from zerver_message where id = ${messages["open"]}),
      ${realm.id}, 1, 'n', n || hex(zeroblob(${CHARACTERS / 2})), '2026-03-02T08:00:00.000000Z',
      ${realm.client}, 0, 0, 0, 1 from number`.execute(db);
}

Deno.test("an export that is killed is made in the next process, once, in little memory", async () => {
  await withFolder(async (cwd) => {
    const url = `sqlite:${cwd}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const office = await makeOffice(db);
    await addMany(db, office);
    const exportId = await askForExport(db, office);
    await inTransaction(db, (trx) => requestExport(trx, { exportId }, Date.now()));
    const env = { DATABASE_URL: url, LOCAL_UPLOADS_DIR: `${cwd}/uploads` };
    const job = () => db.selectFrom("process_queue_job").selectAll().executeTakeFirst();
    const row = () => db.selectFrom("zerver_realmexport").selectAll().executeTakeFirstOrThrow();
    const start = () => Program.start(["--queue_name", "deferred_work"], { cwd, env });
    {
      await using killed = start();
      await killed.until("it exports messages", async () => {
        return /"table":"zerver_message","rows":\d{4,}/.test((await job())?.progress ?? "");
      }, 300);
      killed.signal("SIGKILL");
      await killed.end();
    }
    assert.deepEqual([(await row()).status, (await job())?.state], [2, "running"]);
    const left = [...Deno.readDirSync(`${cwd}/uploads/avatars/exports/${office.realm.id}`)];
    assert.equal(left.length, 1);
    // What the next process would wait for: 60 s without a sign of life.
    await db.updateTable("process_queue_job").set({ alive_at: 0 }).execute();
    await using program = start();
    await program.until("it is made", async () => (await row()).status !== 2, 300);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const { status, stats, export_path, tarball_size_bytes } = await row();
    assert.deepEqual([status, (await job())?.taken], [3, 2], (await job())?.error ?? "");
    const { tables } = stats as { tables: Record<string, number> };
    assert.equal(tables["zerver_message"], MESSAGES + Object.keys(office.messages).length);
    const archives = [...filesIn(`${cwd}/uploads`)].map(({ path }) => path);
    assert.deepEqual(archives, [
      `${cwd}/uploads${export_path?.replace("/user_avatars/", "/avatars/")}`,
    ]);
    assert.equal(Deno.statSync(archives[0] ?? "").size, tarball_size_bytes);
  });
});
