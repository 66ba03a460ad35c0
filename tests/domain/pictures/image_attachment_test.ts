import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { withOutbox } from "../../../lib/domain/database/outbox.ts";
import { inTransaction } from "../../../lib/domain/database/transaction.ts";
import { storeRendering } from "../../../lib/domain/messages/rendering/store_rendering.ts";
import {
  type PictureEnd,
  pictureOf,
  storeThumbnails,
  type ThumbnailsMade,
} from "../../../lib/domain/pictures/image_attachment.ts";
import { formsOf, type StoredThumbnail } from "../../../lib/domain/pictures/thumbnails.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";
import { PictureRealm, shown, waiting } from "../../fixtures/pictures/uploaded.ts";

const NOW = Date.parse("2026-03-01T12:00:00.900Z");

/** All thumbnails of a picture. */
function thumbnailsOf(contentType = "image/png", frames = 1): StoredThumbnail[] {
  return formsOf({ contentType, frames, width: 1280, height: 800 }).map((form) => ({
    ...{ ...form, content_type: "image/webp", width: 840, height: 525, byte_size: 1000 },
  }));
}

/** Stores thumbnails. @param published Gets what is published. */
async function store(
  db: Database,
  id: number,
  made: Partial<ThumbnailsMade> = {},
  published: unknown[] = [],
): Promise<PictureEnd> {
  const ctx = {
    log: { warn: (text: string) => assert.fail(text) },
    publish: (queue: string, event: unknown) => {
      published.push({ queue, event });
      return Promise.resolve();
    },
  };
  const all = { thumbnails: thumbnailsOf(), isRefused: false, now: NOW, ...made };
  return await withOutbox(db, ctx, (trx, publish) => storeThumbnails(trx, publish, id, all));
}

domainTest("thumbnails are stored and shown, and the readers notified", async (db) => {
  const realm = await PictureRealm.make(db);
  const [ada, ben] = realm.users;
  const picture = await realm.upload();
  const id = await realm.message([picture]);
  const published: unknown[] = [];
  assert.equal(await store(db, picture.id, {}, published), "stored");
  const rendered_content = shown(picture.path);
  assert.equal(await realm.rendered(id), rendered_content);
  assert.deepEqual(await realm.metadata(picture), [{
    ...{ extension: "webp", max_width: 840, max_height: 560, animated: false },
    ...{ content_type: "image/webp", width: 840, height: 525, byte_size: 1000 },
  }]);
  assert.deepEqual(published, [{
    queue: "notify_tornado",
    event: {
      event: {
        ...{ type: "update_message", user_id: null, edit_timestamp: 1_772_366_400 },
        ...{ message_id: id, message_ids: [id], content: "[soup](…)", rendered_content },
        rendering_only: true,
      },
      users: [{ id: ada, flags: [] }, { id: ben, flags: [] }],
    },
  }]);
  assert.deepEqual((await pictureOf(db, picture.id))?.thumbnails, thumbnailsOf());
});

domainTest("a notice of older HTML that waits in the outbox is not published later", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload();
  const [id, other] = [await realm.message([picture]), await realm.message([])];
  const readers = { content: "soup", rendered: "<p>old</p>", now: NOW };
  const away = { log: { warn() {} }, publish: () => Promise.reject(new Error("away")) };
  for (const message of [id, other]) {
    await withOutbox(db, away, async (trx, publish) => {
      publish("notify_tornado", { event: {}, users: [] }, { id: `rendering-of-${message}` });
      await storeRendering(trx, publish, { ...readers, id: message });
    });
  }
  await db.updateTable("zerver_message").set({ rendered_content: waiting(picture.path) })
    .where("id", "=", id).execute();
  const published: unknown[] = [];
  await store(db, picture.id, {}, published);
  assert.equal(published.length, 1);
  const left = await db.selectFrom("process_queue_outbox").select("message_id").orderBy("id")
    .execute();
  const ids = left.map(({ message_id }) => message_id.replace(/:[^:]*$/, ""));
  assert.deepEqual(ids, [`rendering-of-${id}`, `rendering-of-${other}`, `rendering:${other}`]);
});

domainTest("a second run stores, shows and tells nothing again", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload();
  const id = await realm.message([picture]);
  await store(db, picture.id);
  const before = [await realm.metadata(picture), await realm.rendered(id)];
  const published: unknown[] = [];
  const other = thumbnailsOf().map((thumbnail) => ({ ...thumbnail, byte_size: 1 }));
  assert.equal(await store(db, picture.id, { thumbnails: other }, published), "stored");
  assert.equal(await store(db, picture.id, { thumbnails: [] }, published), "stored");
  assert.deepEqual([await realm.metadata(picture), await realm.rendered(id)], before);
  assert.deepEqual(published, []);
});

domainTest(
  "every message with the picture shows it, deleted ones too, and no other",
  async (db) => {
    const realm = await PictureRealm.make(db);
    const picture = await realm.upload();
    const other = await realm.upload({ name: "bread.png" });
    const first = await realm.message([picture]);
    const both = await realm.message([other, picture]);
    const edited = await realm.message([picture], "<p>No picture</p>");
    const lone = await realm.message([other]);
    const unlinked = await realm.message([], waiting(picture.path));
    const deleted = await realm.message([picture]);
    await realm.archive(deleted, picture);
    const published: unknown[] = [];
    await store(db, picture.id, {}, published);
    assert.equal(await realm.rendered(first), shown(picture.path));
    assert.equal(await realm.rendered(both), `${waiting(other.path)}\n${shown(picture.path)}`);
    assert.equal(await realm.rendered(edited), "<p>No picture</p>");
    assert.equal(await realm.rendered(lone), waiting(other.path));
    assert.equal(await realm.rendered(unlinked), waiting(picture.path));
    assert.equal(await realm.archivedHtml(deleted), shown(picture.path));
    assert.equal(published.length, 2);
  },
);

domainTest("a message with a placeholder that is sent later shows the picture", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload();
  await store(db, picture.id);
  const id = await realm.message([picture]);
  const published: unknown[] = [];
  assert.equal(await store(db, picture.id, { thumbnails: [] }, published), "stored");
  assert.equal(await realm.rendered(id), shown(picture.path));
  assert.equal(published.length, 1);
});

domainTest("a picture that no browser shows has its large thumbnail in messages", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload({ name: "soup.heic", contentType: "image/heic" });
  const id = await realm.message([picture]);
  await store(db, picture.id, { thumbnails: thumbnailsOf("image/heic") });
  const more = ' data-transcoded-image="4032x3024.webp"';
  const expected = shown(picture.path, "840x560.webp", { type: "image/heic", more });
  assert.equal(await realm.rendered(id), expected);
});

domainTest("an animated picture moves in messages", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload({ name: "soup.gif", contentType: "image/gif", frames: 9 });
  const id = await realm.message([picture]);
  await store(db, picture.id, { thumbnails: thumbnailsOf("image/gif", 9) });
  const about = { type: "image/gif", more: ' data-animated="true"' };
  assert.equal(await realm.rendered(id), shown(picture.path, "840x560-anim.webp", about));
});

domainTest("a picture that is refused goes from its messages, and its row too", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload();
  const id = await realm.message([picture]);
  const deleted = await realm.message([picture]);
  await realm.archive(deleted, picture);
  const published: unknown[] = [];
  const refused = { thumbnails: [], isRefused: true };
  assert.equal(await store(db, picture.id, refused, published), "removed");
  const without = `<p><a href="/user_uploads/${picture.path}">soup</a></p>\n`;
  assert.equal(await realm.rendered(id), without);
  assert.equal(await realm.archivedHtml(deleted), without);
  assert.equal(await realm.metadata(picture), undefined);
  assert.equal(published.length, 1);
  assert.equal(await store(db, picture.id, refused, published), "missing");
});

domainTest("a picture that has some thumbnails stays when others are refused", async (db) => {
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload({ contentType: "image/gif", frames: 9 });
  const id = await realm.message([picture]);
  const [moving, still] = thumbnailsOf("image/gif", 9);
  assert(moving && still);
  assert.equal(await store(db, picture.id, { thumbnails: [still], isRefused: true }), "stored");
  const about = { type: "image/gif", more: ' data-animated="true"' };
  assert.equal(await realm.rendered(id), shown(picture.path, "840x560.webp", about));
  assert.equal(await store(db, picture.id, { thumbnails: [], isRefused: true }), "stored");
  assert.deepEqual(await realm.metadata(picture), [still]);
});

domainTest("a picture that does not exist has no thumbnails", async (db) => {
  assert.equal(await pictureOf(db, 4711), undefined);
  assert.equal(await store(db, 4711), "missing");
});

domainTest("a message that is sent meanwhile shows the picture as well", async (db, { url }) => {
  if (url.startsWith("sqlite:")) return;
  const realm = await PictureRealm.make(db);
  const picture = await realm.upload();
  await using other = await openDatabase(url);
  const locked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const sending = inTransaction(other, async (trx) => {
    await trx.selectFrom("zerver_imageattachment").select("id").where("id", "=", picture.id)
      .forUpdate().execute();
    locked.resolve();
    await go.promise;
    return await realm.on(trx as Database).message([picture]);
  });
  await locked.promise;
  const storing = store(db, picture.id);
  await untilOneWaits(other);
  go.resolve();
  const id = await sending;
  assert.equal(await storing, "stored");
  assert.equal(await realm.rendered(id), shown(picture.path));
});
