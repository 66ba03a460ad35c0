/**
 * The mail mirror in a process that is killed again and again: every mail becomes one message, with
 * its notice and its file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { filesIn } from "../fixtures/files_in.ts";
import { mailEvent, mime, plain, pngHeader } from "../fixtures/mirror/mime.ts";
import { ADDRESS, MirrorRealm } from "../fixtures/mirror/mirror_realm.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const MAILS = 24;
/** The process is killed as soon as there are so many messages. */
const KILLS = [6, 14];

/** Takes the place of Zulip's event system. */
const NOTICES = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "notify_tornado",
    event: z.object({ event: z.looseObject({ message: z.number() }), users: z.unknown() }),
    consume({ event }, ctx) {
      ctx.log.info("Notice of {id}", { id: event.message });
    },
  });`;

Deno.test("a process that is killed posts every mail once", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/notify_tornado.ts`, NOTICES);
    const url = `sqlite:${cwd}/test.sqlite`;
    await using db = await openDatabase(url);
    const mirror = await MirrorRealm.make(db, `${cwd}/uploads`);
    const env = {
      ...{ STATE_DIR: `${cwd}/state`, BROKER: "embedded", DATABASE_URL: url },
      ...{ WORKERS_DIR: "workers", LOCAL_UPLOADS_DIR: mirror.uploads },
      EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example",
    };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const events = Array.from({ length: MAILS }, (_, at) => {
      const picture = { type: "image/png", body: pngHeader(64, 48), name: "soup.png" };
      return JSON.stringify(
        mailEvent(mime({ Subject: `Mail ${at}` }, plain("Hello"), picture), ADDRESS),
      );
    });
    const input = `${events.join("\n")}\n`;
    await using publisher = Program.start(["publish", "email_mirror"], { cwd, env, input });
    assert.equal((await publisher.end()).code, 0);
    for (const count of KILLS) {
      await using killed = start("--queue_name", "email_mirror");
      await killed.until(
        "it has posted some",
        async () => (await mirror.messages()).length >= count,
      );
      killed.signal("SIGKILL");
      await killed.end();
    }
    await db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 }).execute();
    await using program = start("--multi_threaded", "email_mirror", "notify_tornado");
    const noticed = () =>
      new Set(program.stderr.flatMap((line) => /Notice of (\d+)/.exec(line)?.[1] ?? []));
    await program.until("all are noticed", () => noticed().size === MAILS);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const messages = await mirror.messages();
    const topics = new Set(messages.map(({ topic }) => topic));
    assert.deepEqual([messages.length, topics.size], [MAILS, MAILS]);
    assert.deepEqual(noticed(), new Set(messages.map(({ id }) => String(id))));
    const files = await db.selectFrom("zerver_attachment").select("path_id").execute();
    const stored = [...filesIn(mirror.uploads)].map(({ path }) => path);
    assert.equal(files.length, MAILS);
    for (const { path_id } of files) assert(stored.some((path) => path.endsWith(path_id)));
  });
});
