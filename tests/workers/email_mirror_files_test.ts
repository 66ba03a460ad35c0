import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { join } from "node:path";
import { eachDatabaseTest, inFolder } from "../domain/database/each_database.ts";
import { filesIn } from "../fixtures/files_in.ts";
import { mime, plain, pngHeader } from "../fixtures/mirror/mime.ts";
import { MirrorRealm } from "../fixtures/mirror/mirror_realm.ts";

function filesTest(name: string, fn: (mirror: MirrorRealm) => Promise<void>): void {
  eachDatabaseTest(
    name,
    ({ open }) =>
      inFolder(async (uploads) => await fn(await MirrorRealm.make(await open(), uploads))),
  );
}

const MAIL = () =>
  mime(
    {},
    plain("See these."),
    { type: "application/pdf", body: "%PDF", name: "../../Plan [1] & b.pdf" },
    { type: "application/octet-stream", body: pngHeader(640, 480), name: "soup.png" },
  );

filesTest("files are stored and linked, and thumbnails are made of pictures", async (mirror) => {
  const mail = MAIL();
  const { published } = await mirror.mirror(mail);
  const [message] = await mirror.messages();
  const rows = await mirror.db.selectFrom("zerver_attachment").selectAll().orderBy("id").execute();
  const [pdf, png] = rows;
  assert(message && pdf && png && rows.length === 2);
  assert.equal(
    message.content,
    "See these.\n\n" +
      `[../../Plan \\[1\\] & b.pdf](/user_uploads/${pdf.path_id})\n` +
      `[soup.png](/user_uploads/${png.path_id})`,
  );
  assert.match(pdf.path_id, /^\d+\/[0-9a-f]{1,2}\/[\w-]{24}\/Plan-1-b\.pdf$/);
  assert.deepEqual(
    rows.map((
      row,
    ) => [row.owner_id, row.realm_id, row.size, row.content_type, row.is_realm_public]),
    [
      [mirror.ids.gateway, mirror.realm.id, 4, "application/pdf", true],
      [mirror.ids.gateway, mirror.realm.id, 33, "image/png", true],
    ],
  );
  assert.equal(message.hasAttachment, true);
  assert(
    message.rendered?.endsWith(
      `\n<div class="message_inline_image"><a href="/user_uploads/${png.path_id}" title="soup.png">` +
        '<img class="image-loading-placeholder" data-original-content-type="image/png" ' +
        'data-original-dimensions="640x480" src="/static/images/loading/loader-black.svg"></a></div>',
    ),
  );
  const stored = await Deno.readFile(join(mirror.uploads, "files", png.path_id));
  assert.deepEqual(Buffer.from(stored), Buffer.from(pngHeader(640, 480)));
  const [picture] = await mirror.db.selectFrom("zerver_imageattachment").selectAll().execute();
  assert.deepEqual(
    [picture?.path_id, picture?.original_width_px, picture?.original_height_px, picture?.frames],
    [png.path_id, 640, 480, 1],
  );
  assert.deepEqual(published.map(({ queue }) => queue), ["thumbnail", "notify_tornado"]);
  assert.deepEqual(published[0]?.event, { id: Number(picture?.id) });
  const links = await mirror.db.selectFrom("zerver_attachment_messages").selectAll().execute();
  assert.deepEqual(links.map(({ message_id }) => message_id), [message.id, message.id]);
  await mirror.mirror(mail);
  assert.equal((await mirror.messages()).length, 1);
  assert.equal([...filesIn(mirror.uploads)].length, 2);
});

filesTest(
  "a file of an answer is the user's, and only for who reads the message",
  async (mirror) => {
    const { realm, ids: { ada, ben } } = mirror;
    const group = await realm.directGroup([ada, ben]);
    await mirror.mirror(
      MAIL(),
      await mirror.replyAddress(ada, await realm.message(ben, group, [ada])),
    );
    const rows = await mirror.db.selectFrom("zerver_attachment").selectAll().execute();
    assert.deepEqual(rows.map((row) => [row.owner_id, row.is_realm_public]), [
      [ada, false],
      [ada, false],
    ]);
  },
);

filesTest("a refused message leaves no files and no rows", async (mirror) => {
  const { realm, db, ids: { ada, ben } } = mirror;
  const group = await realm.directGroup([ada, ben]);
  const address = await mirror.replyAddress(ada, await realm.message(ben, group, [ada]));
  await db.updateTable("zerver_userprofile").set({ is_active: false }).where("id", "=", ben)
    .execute();
  await mirror.mirror(MAIL(), address);
  assert.deepEqual(await db.selectFrom("zerver_attachment").selectAll().execute(), []);
  assert.deepEqual([...filesIn(mirror.uploads)], []);
});

filesTest(
  "of very many files the first are stored, and a line names the others",
  async (mirror) => {
    const small = { type: "a/b", body: "", name: "a" };
    await mirror.mirror(mime({}, plain("Hello"), ...Array.from({ length: 202 }, () => small)));
    const contents = (await mirror.messages()).map(({ content }) => content);
    assert.equal(contents.join("\n").match(/\[a\]/g)?.length, 200);
    assert.match(contents.at(-1) ?? "", /\n\(2 more files left out\)$/);
    assert.equal([...filesIn(mirror.uploads)].length, 200);
  },
);

filesTest("while the folder of uploads cannot be used, the queue waits", async (mirror) => {
  const blocked = join(mirror.uploads, "blocked");
  await Deno.writeTextFile(blocked, "a file, no folder");
  const { outcome, error } = await mirror.mirror(MAIL(), undefined, { LOCAL_UPLOADS_DIR: blocked });
  assert.equal(outcome, "paused");
  assert.match(
    JSON.stringify(error) + error?.message,
    /LOCAL_UPLOADS_DIR, \S+, cannot be used \(ENOTDIR\): make it a folder that this/,
  );
  assert.deepEqual(await mirror.messages(), []);
  await mirror.mirror(MAIL());
  assert.equal((await mirror.messages()).length, 1);
});
