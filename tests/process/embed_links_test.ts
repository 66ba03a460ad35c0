/** Previews of links in the real program, from the event to the notice of Zulip's event system. */
import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const PAGE = '<html><head><title>Soup</title><meta property="og:image" content="/soup.png">' +
  '<meta property="og:description" content="Hot"></head>';

/** Takes the place of Zulip's event system. */
const NOTICES = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "notify_tornado",
    event: z.object({ event: z.looseObject({ type: z.string() }), users: z.array(z.unknown()) }),
    consume({ event, users }, ctx) {
      ctx.log.info("Notice {json}", { json: JSON.stringify({ event, users }) });
    },
  });`;

Deno.test("a message gets the preview of its link, and its readers a notice", async () => {
  const onListen = () => {};
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, () => {
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
  const link = `http://127.0.0.1:${server.addr.port}/soup`;
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/notify_tornado.ts`, NOTICES);
    const url = `sqlite:${cwd}/test.sqlite`;
    await using db = await openDatabase(url);
    const realm = await TestRealm.make(db);
    await db.updateTable("zerver_realm").set({ inline_url_embed_preview: true }).execute();
    const ada = await realm.user("ada");
    const { recipient } = await realm.channel("kitchen", [ada]);
    const rendered_content = `<p><a href="${link}">${link}</a></p>`;
    const row = { subject: "soup", content: link, rendered_content };
    const id = await realm.message(ada, recipient, [ada], row);
    const env = {
      ...{ STATE_DIR: `${cwd}/state`, BROKER: "embedded", DATABASE_URL: url },
      ...{ WORKERS_DIR: "workers", OUTGOING_ALLOWED_HOSTS: "127.0.0.0/8" },
    };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    const event = {
      message_id: id,
      message_content: link,
      message_realm_id: realm.id,
      urls: [link],
    };
    await using publisher = start("publish", "embed_links", JSON.stringify(event));
    assert.equal((await publisher.end()).code, 0);
    await using program = start("--multi_threaded", "embed_links", "notify_tornado");
    const line = await program.untilLogged(/^Notice /);
    const notice = JSON.parse(String(line["json"]));
    const stored = await db.selectFrom("zerver_message").select("rendered_content")
      .where("id", "=", id).executeTakeFirstOrThrow();
    assert.match(stored.rendered_content ?? "", /<\/p>\n<div class="message_embed"><a class="mes/);
    const { type, rendering_only, message_ids } = notice.event;
    assert.deepEqual([type, rendering_only, message_ids], ["update_message", true, [id]]);
    assert.equal(notice.event.rendered_content, stored.rendered_content);
    assert.deepEqual(notice.users, [{ id: ada, flags: [] }]);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
});
