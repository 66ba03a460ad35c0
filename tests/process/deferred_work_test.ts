/** The worker of deferred work in the real program: an event, and the job of an export. */
import assert from "node:assert/strict";
import { inTransaction } from "../../lib/database.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { requestExport } from "../../lib/domain/exports/request.ts";
import { askForExport, makeOffice } from "../fixtures/exports/office.ts";
import { Unpacked } from "../fixtures/exports/unpacked.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Takes the place of Zulip's event system. */
const NOTICES = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "notify_tornado",
    event: z.object({ event: z.looseObject({ type: z.string() }) }),
    consume({ event: { type } }, ctx) {
      ctx.log.info("Notice of {type}", { type });
    },
  });`;

Deno.test("a channel is marked read and an export is made, and clients are notified", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/notify_tornado.ts`, NOTICES);
    const url = `sqlite:${cwd}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const office = await makeOffice(db);
    const id = await askForExport(db, office);
    await inTransaction(db, (trx) => requestExport(trx, { exportId: id }, Date.now()));
    const { recipient_id } = await db.selectFrom("zerver_message").select("recipient_id")
      .where("id", "=", office.messages["open"] ?? 0).executeTakeFirstOrThrow();
    const env = {
      ...{ WORKERS_DIR: "workers", DATABASE_URL: url, BROKER: "embedded" },
      ...{ STATE_DIR: `${cwd}/state`, LOCAL_UPLOADS_DIR: `${cwd}/uploads` },
    };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const event = {
      type: "mark_stream_messages_as_read",
      ...{ user_profile_id: office.ada, stream_recipient_ids: [recipient_id] },
    };
    await using publisher = start("publish", "deferred_work", JSON.stringify(event));
    assert.equal((await publisher.end()).code, 0);
    await using program = start("--multi_threaded", "deferred_work", "notify_tornado");
    await program.untilLogged(/^Notice of update_message_flags$/, 120);
    await program.untilLogged(/^Notice of realm_export$/, 120);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const { status, export_path } = await db.selectFrom("zerver_realmexport").selectAll()
      .executeTakeFirstOrThrow();
    assert.equal(status, 3);
    const path = `${cwd}/uploads${export_path?.replace("/user_avatars/", "/avatars/")}`;
    const messages = (await Unpacked.read(path)).rows("zerver_message");
    assert.equal(messages.length, Object.keys(office.messages).length);
    assert.deepEqual([...Deno.readDirSync(`${cwd}/state/exports`)], []);
  });
});
