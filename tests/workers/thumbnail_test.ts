import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { MagickFormat } from "@imagemagick/magick-wasm";
import { openTestDatabase, runBatch, runEvent, type RunEventOptions } from "process-queue/testing";
import type { Database } from "../../lib/domain/database/database.ts";
import { openDatabase } from "../../lib/domain/database/database.ts";
import thumbnail from "../../workers/thumbnail.ts";
import { OWN_TEMPLATE } from "../fixtures/database/shapes.ts";
import { animation, heic, look, picture, pngHeader } from "../fixtures/pictures/pictures.ts";
import {
  type PictureAbout,
  PictureRealm,
  shown,
  type UploadedPicture,
  waiting,
  writeUpload,
} from "../fixtures/pictures/uploaded.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { SlowFile } from "../fixtures/slow_file.ts";
import { postgresCopyTest } from "../servers.ts";

const STILL = "840x560.webp";
const MOVING = "840x560-anim.webp";
const LARGE = "4032x3024.webp";

/** A realm, and the folder of its uploads. */
class World {
  readonly realm: PictureRealm;
  readonly folder: string;
  readonly #options: RunEventOptions;

  private constructor(database: Database, realm: PictureRealm, folder: string) {
    this.realm = realm;
    this.folder = folder;
    this.#options = { database, environment: { LOCAL_UPLOADS_DIR: folder } };
  }

  static async make(database: Database, folder: string): Promise<World> {
    return new World(database, await PictureRealm.make(database), folder);
  }

  /** Uploads a picture, and sends a message with it. */
  async send(bytes: Uint8Array | undefined, about: PictureAbout) {
    const picture = await this.realm.upload(about);
    if (bytes) writeUpload(this.folder, picture, bytes);
    return { picture, message: await this.realm.message([picture]) };
  }

  /** Runs events, one after another. */
  async run(...ids: readonly number[]) {
    return await runBatch(thumbnail, ids.map((id) => ({ id })), this.#options);
  }

  /** Runs an event. */
  async runOne(id: number, more: Partial<RunEventOptions> = {}) {
    return await runEvent(thumbnail, { id }, { ...this.#options, ...more });
  }

  /** The path of a thumbnail's file. */
  thumbnail({ path }: UploadedPicture, name: string): string {
    return `${this.folder}/files/thumbnail/${path}/${name}`;
  }
}

function worldTest(name: string, test: (world: World) => Promise<void>): void {
  Deno.test(name, () =>
    withFolder(async (folder) => {
      await using db = await openTestDatabase();
      await test(await World.make(db, folder));
    }));
}

worldTest(
  "pictures of all kinds have their thumbnails, or go from their messages",
  async (world) => {
    const png = await world.send(picture(MagickFormat.Png, 900, 600), { width: 900, height: 600 });
    const gif = await world.send(
      animation(MagickFormat.Gif, { frames: 3, width: 60, height: 40 }),
      { name: "soup.gif", contentType: "image/gif", width: 60, height: 40, frames: 3 },
    );
    const photo = await world.send(
      heic(),
      { name: "soup.heic", contentType: "image/heic", width: 64, height: 48 },
    );
    const bomb = await world.send(pngHeader(30_000, 30_000), { name: "bomb.png" });
    const text = await world.send(new TextEncoder().encode("soup"), { name: "text.png" });
    const ids = [png, gif, photo, bomb, text].map(({ picture }) => picture.id);
    const { events, logs, published } = await world.run(...ids, png.picture.id, 4711);
    assert.deepEqual(events.map(({ outcome }) => outcome), Array(7).fill("done"));
    const lines = logs.map(({ level, message }) => `${level}: ${message.replace(/\d+ms/, "…ms")}`);
    assert.deepEqual(lines, [
      "info: Processed 1 thumbnails (…ms)",
      "info: Processed 2 thumbnails (…ms)",
      "info: Processed 2 thumbnails (…ms)",
      `warning: ImageAttachment row ${bomb.picture.id} is removed: no thumbnail can be made, as it ` +
      "has 30000x30000; the limit is 90 million pixels",
      "info: Processed 0 thumbnails (…ms)",
      `warning: ImageAttachment row ${text.picture.id} is removed: no thumbnail can be made, as its ` +
      "file has none of the formats of pictures",
      "info: Processed 0 thumbnails (…ms)",
      "info: Processed 0 thumbnails (…ms)",
      "info: ImageAttachment row 4711 missing",
    ]);
    assert.equal(published.length, 5);

    const file = readFileSync(world.thumbnail(png.picture, STILL));
    assert.deepEqual(await world.realm.metadata(png.picture), [{
      ...{ extension: "webp", max_width: 840, max_height: 560, animated: false },
      ...{ content_type: "image/webp", width: 840, height: 560, byte_size: file.length },
    }]);
    assert.deepEqual([look(file).width, look(file).height], [840, 560]);
    assert.equal(look(readFileSync(world.thumbnail(gif.picture, MOVING))).frames, 3);
    assert.equal(look(readFileSync(world.thumbnail(gif.picture, STILL))).frames, 1);
    assert.equal(look(readFileSync(world.thumbnail(photo.picture, LARGE))).width, 64);

    const { realm } = world;
    const html = [
      shown(png.picture.path, STILL, { size: "900x600" }),
      shown(gif.picture.path, MOVING, {
        ...{ size: "60x40", type: "image/gif", more: ' data-animated="true"' },
      }),
      shown(photo.picture.path, STILL, {
        ...{ size: "64x48", type: "image/heic", more: ` data-transcoded-image="${LARGE}"` },
      }),
    ];
    for (const [at, { message }] of [png, gif, photo].entries()) {
      assert.equal(await realm.rendered(message), html[at]);
    }
    for (const { picture, message } of [bomb, text]) {
      const without = `<p><a href="/user_uploads/${picture.path}">soup</a></p>\n`;
      assert.equal(await realm.rendered(message), without);
      assert.equal(await realm.metadata(picture), undefined);
    }
  },
);

worldTest("an event whose file is not there is retried, and loses nothing", async (world) => {
  const { picture: uploaded, message } = await world.send(undefined, {});
  await world.send(picture(MagickFormat.Png, 3, 2), { name: "other.png" });
  const { outcome, error, reason } = await world.runOne(uploaded.id);
  assert.deepEqual([outcome, reason], ["retried", "error"]);
  assert.match(error?.message ?? "", /^An uploaded file cannot be read from .* \(ENOENT\): put it/);
  assert.deepEqual(await world.realm.metadata(uploaded), []);
  assert.equal(await world.realm.rendered(message), waiting(uploaded.path));
});

worldTest("the queue waits while the folder of uploads is not there", async (world) => {
  const { picture } = await world.send(undefined, {});
  const environment = { LOCAL_UPLOADS_DIR: `${world.folder}/unmounted` };
  const { outcome, error } = await world.runOne(picture.id, { environment });
  assert.equal(outcome, "paused");
  assert.match(error?.message ?? "", /^Waiting for LOCAL_UPLOADS_DIR/);
});

worldTest("an event that is not Zulip's is invalid", async (world) => {
  for (const id of ["1", 0, -1, 1.5, null]) {
    assert.equal((await world.runOne(id as number)).reason, "invalid");
  }
});

Deno.test("without a folder of uploads the worker does not start", async () => {
  await assert.rejects(runEvent(thumbnail, { id: 1 }), /LOCAL_UPLOADS_DIR/);
});

postgresCopyTest(
  "a picture may be deleted while its thumbnails are made, and leaves none",
  OWN_TEMPLATE,
  ({ url }) =>
    withFolder(async (folder) => {
      await using db = await openDatabase(url);
      const world = await World.make(db, folder);
      const { picture: uploaded, message } = await world.send(new Uint8Array(), {});
      const file = await SlowFile.make(`${folder}/files/${uploaded.path}`);
      const running = world.runOne(uploaded.id);
      // The worker has read the row before.
      const reader = await file.read();
      await db.deleteFrom("zerver_imageattachment").where("id", "=", uploaded.id).execute();
      reader.write(picture(MagickFormat.Png, 90, 60));
      const { outcome, logs, published } = await running;
      assert.deepEqual([outcome, published], ["done", []]);
      assert.deepEqual(logs.map(({ message }) => message), [
        `ImageAttachment row ${uploaded.id} missing`,
      ]);
      assert(existsSync(`${folder}/files/thumbnail/${uploaded.path}`));
      assert(!existsSync(world.thumbnail(uploaded, STILL)));
      assert.equal(await world.realm.rendered(message), waiting(uploaded.path));
    }),
);
