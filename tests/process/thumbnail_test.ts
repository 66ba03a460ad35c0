/** Thumbnails in the real program, which is killed before its commit, and between that and its notice. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { blackPng } from "../fixtures/pictures/pictures.ts";
import { PictureRealm, shown, waiting, writeUpload } from "../fixtures/pictures/uploaded.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { SlowFile } from "../fixtures/slow_file.ts";
import { until } from "../fixtures/until.ts";

/** Takes the place of Zulip's event system. */
const NOTICES = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "notify_tornado",
    event: z.object({ event: z.looseObject({ type: z.string() }), users: z.array(z.unknown()) }),
    consume({ event }, ctx) {
      ctx.log.info("Notice of message {id}: {html}", {
        id: event.message_id, html: event.rendered_content,
      });
    },
  });`;

/** Keeps others from writing to an SQLite file. */
async function held(path: string): Promise<Disposable> {
  const file = new DatabaseSync(path);
  await until(`${path} is locked`, () => {
    try {
      file.exec("begin immediate");
      return true;
    } catch {
      return false;
    }
  });
  return { [Symbol.dispose]: () => file.close() };
}

Deno.test("a picture is shown once, though its worker is killed twice", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/notify_tornado.ts`, NOTICES);
    const url = `sqlite:${cwd}/test.sqlite`;
    await using db = await openDatabase(url);
    const realm = await PictureRealm.make(db);
    const picture = await realm.upload();
    const message = await realm.message([picture]);
    const bytes = blackPng(1280, 800);
    writeUpload(`${cwd}/uploads`, picture, bytes);
    const upload = `${cwd}/uploads/files/${picture.path}`;
    const thumbnail = `${cwd}/uploads/files/thumbnail/${picture.path}/840x560.webp`;
    const env = {
      ...{ STATE_DIR: `${cwd}/state`, BROKER: "embedded", DATABASE_URL: url },
      ...{ WORKERS_DIR: "workers", LOCAL_UPLOADS_DIR: "uploads", PQ_THUMBNAIL_RETRIES: "1,1,1" },
    };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const consume = () => start("--multi_threaded", "thumbnail", "notify_tornado");
    await using publisher = start("publish", "thumbnail", JSON.stringify({ id: picture.id }));
    assert.equal((await publisher.end()).code, 0);
    {
      const file = await SlowFile.make(upload);
      await using killed = consume();
      const reader = await file.read();
      using _database = await held(`${cwd}/test.sqlite`);
      reader.write(bytes);
      await killed.until("it stored the file", () => existsSync(thumbnail));
      killed.signal("SIGKILL");
      await killed.end();
    }
    assert.equal(await realm.rendered(message), waiting(picture.path));
    assert.deepEqual(await realm.metadata(picture), []);
    await Deno.remove(thumbnail);
    {
      const file = await SlowFile.make(upload);
      await using killed = consume();
      const reader = await file.read();
      const database = await held(`${cwd}/test.sqlite`);
      reader.write(bytes);
      await killed.until("it stored the file again", () => existsSync(thumbnail));
      using _broker = await held(`${cwd}/state/broker.sqlite`);
      database[Symbol.dispose]();
      const isCommitted = async () => await realm.rendered(message) === shown(picture.path);
      await killed.until("it committed", isCommitted);
      killed.signal("SIGKILL");
      await killed.end();
    }
    const outbox = await db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 })
      .returning("queue").execute();
    assert.deepEqual(outbox, [{ queue: "notify_tornado" }]);
    const { mtime } = await Deno.stat(thumbnail);

    await using program = consume();
    const { id, html } = await program.untilLogged(/^Notice /);
    assert.deepEqual([id, html], [message, shown(picture.path)]);
    await program.untilLogged(/^Processed 0 thumbnails \(\d+ms\)$/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.equal(program.log.filter(({ message }) => message.startsWith("Notice")).length, 1);
    assert.deepEqual((await Deno.stat(thumbnail)).mtime, mtime);
    const stored = await realm.metadata(picture);
    assert(Array.isArray(stored) && stored.length === 1);
  });
});
