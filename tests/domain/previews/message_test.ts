import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { withOutbox } from "../../../lib/domain/database/outbox.ts";
import type { NewRow } from "../../../lib/domain/database/tables.ts";
import {
  addPreviews,
  previewsUnwanted,
  reasonAgainst,
  type StoredFacts,
} from "../../../lib/domain/previews/message.ts";
import type { LinkPreview } from "../../../lib/domain/previews/preview.ts";
import { untilOneWaits } from "../../fixtures/database/locks.ts";
import { TestRealm } from "../../fixtures/database/realm.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const LINK = "https://example.com/";
const STORED: StoredFacts = { content: LINK, rendered: "<p>", isFromBot: false, isWanted: true };

const REASONS: readonly [stored: StoredFacts | undefined, reason: string | undefined][] = [
  [STORED, undefined],
  [undefined, "it does not exist"],
  [{ ...STORED, content: "edited" }, "it has been edited since"],
  [{ ...STORED, content: "(deleted)" }, "it has been edited since"],
  [{ ...STORED, rendered: null }, "it has no HTML"],
  [{ ...STORED, rendered: "" }, undefined],
  [{ ...STORED, isFromBot: true }, "a bot sent it"],
  [{ ...STORED, isWanted: false }, "previews are off for its organization"],
  [{ ...STORED, isWanted: null }, "previews are off for its organization"],
];

for (const [stored, reason] of REASONS) {
  Deno.test(`a message has ${reason ? "no previews" : "previews"}: ${JSON.stringify(stored)}`, () => {
    assert.equal(reasonAgainst({ content: LINK }, stored), reason);
  });
}

const RENDERED = `<p><a href="${LINK}">${LINK}</a></p>`;
const EMBED =
  `\n<div class="message_inline_image"><a href="${LINK}"><img src="https://i.example/a.png"></a></div>`;
const FOUND = new Map<string, LinkPreview>([
  [LINK, { kind: "photo", image: "https://i.example/a.png" }],
]);
const NOW = Date.parse("2026-03-01T12:00:00.900Z");

/** A message with a link, which Ada sent to Ben. */
class Linked {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly users: readonly [ada: number, ben: number];
  readonly id: number;
  readonly published: { queue: string; event: unknown }[] = [];

  private constructor(db: Database, realm: TestRealm, users: [number, number], id: number) {
    this.db = db;
    this.realm = realm;
    this.users = users;
    this.id = id;
  }

  static async make(db: Database, more: Partial<NewRow<"zerver_message">> = {}): Promise<Linked> {
    const realm = await TestRealm.make(db);
    await db.updateTable("zerver_realm").set({ inline_url_embed_preview: true }).execute();
    const ada = await realm.user("ada");
    const ben = await realm.user("ben");
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    const content = { content: LINK, rendered_content: RENDERED, rendered_content_version: 1 };
    const row = { subject: "soup", ...content, ...more };
    return new Linked(db, realm, [ada, ben], await realm.message(ada, recipient, [ada, ben], row));
  }

  get message() {
    return { id: this.id, realmId: this.realm.id, content: LINK };
  }

  /** Adds the previews. */
  async add(db = this.db): Promise<string | undefined> {
    const ctx = {
      log: { warn: (text: string) => assert.fail(text) },
      publish: (queue: string, event: unknown) => {
        this.published.push({ queue, event });
        return Promise.resolve();
      },
    };
    const previews = { found: FOUND, camo: undefined, now: NOW };
    return await withOutbox(
      db,
      ctx,
      (trx, publish) => addPreviews(trx, publish, this.message, previews),
    );
  }

  /** The message as it is now. */
  async row() {
    return await this.db.selectFrom("zerver_message")
      .select(["content", "rendered_content", "rendered_content_version", "last_edit_time"])
      .where("id", "=", this.id).executeTakeFirst();
  }
}

domainTest("previews are stored, and the readers notified", async (db) => {
  const linked = await Linked.make(db);
  const [ada, ben] = linked.users;
  await db.updateTable("zerver_usermessage").set({ flags: 1 | 8 | 4096 })
    .where("user_profile_id", "=", ben).execute();
  assert.equal(await previewsUnwanted(db, linked.message), undefined);
  assert.equal(await linked.add(), undefined);
  const rendered_content = RENDERED + EMBED;
  assert.deepEqual(await linked.row(), {
    ...{ content: LINK, rendered_content },
    ...{ rendered_content_version: 1, last_edit_time: null },
  });
  assert.deepEqual(linked.published, [{
    queue: "notify_tornado",
    event: {
      event: {
        ...{ type: "update_message", user_id: null, edit_timestamp: 1_772_366_400 },
        ...{ message_id: linked.id, message_ids: [linked.id], content: LINK, rendered_content },
        rendering_only: true,
      },
      users: [{ id: ada, flags: [] }, { id: ben, flags: ["read", "mentioned"] }],
    },
  }]);
  assert.deepEqual(await db.selectFrom("process_queue_outbox").select("id").execute(), []);
});

domainTest("the same event changes and tells nothing a second time", async (db) => {
  const linked = await Linked.make(db);
  await linked.add();
  const before = await linked.row();
  assert.equal(await linked.add(), "there is nothing to show");
  assert.deepEqual(await linked.row(), before);
  assert.equal(linked.published.length, 1);
});

domainTest("a message that was edited or deleted is left alone", async (db) => {
  const linked = await Linked.make(db, { content: "edited" });
  const before = await linked.row();
  assert.equal(await linked.add(), "it has been edited since");
  assert.deepEqual(await linked.row(), before);
  const gone = { ...linked.message, id: 987_654 };
  assert.equal(await previewsUnwanted(db, gone), "it does not exist");
  assert.deepEqual(linked.published, []);
});

domainTest("bots and organizations without previews have none", async (db) => {
  const linked = await Linked.make(db);
  const [ada] = linked.users;
  await db.updateTable("zerver_userprofile").set({ is_bot: true, bot_type: 1 })
    .where("id", "=", ada).execute();
  assert.equal(await previewsUnwanted(db, linked.message), "a bot sent it");
  await db.updateTable("zerver_userprofile").set({ is_bot: false }).execute();
  await db.updateTable("zerver_realm").set({ inline_url_embed_preview: false }).execute();
  assert.equal(await linked.add(), "previews are off for its organization");
  assert.deepEqual(linked.published, []);
});

domainTest("an edit under way is waited for, and wins", async (db, { url }) => {
  if (url.startsWith("sqlite:")) return;
  const linked = await Linked.make(db);
  await using other = await openDatabase(url);
  const edit = await db.startTransaction().execute();
  await edit.updateTable("zerver_message").set({ content: "edited", rendered_content: "<p>e</p>" })
    .where("id", "=", linked.id).execute();
  const added = linked.add(other);
  await untilOneWaits(db);
  await edit.commit().execute();
  assert.equal(await added, "it has been edited since");
  assert.equal((await linked.row())?.rendered_content, "<p>e</p>");
});
