import assert from "node:assert/strict";
import { runLoop } from "process-queue/testing";
import { MessageSender } from "../../../lib/domain/messages/send/message_sender.ts";
import { mirrorMail } from "../../../lib/domain/mirror/mirror.ts";
import emailMirror from "../../../workers/email_mirror.ts";
import { mailEvent, mime, plain, pngHeader } from "../../fixtures/mirror/mime.ts";
import { ADDRESS, MirrorRealm } from "../../fixtures/mirror/mirror_realm.ts";
import { eachDatabaseTest, inFolder } from "../database/each_database.ts";

/** Runs the event of a mail in a process that ends after its commit. */
async function endAfterCommit(mirror: MirrorRealm, mail: Uint8Array): Promise<void> {
  const { db, uploads: uploadsDir } = mirror;
  const ctx = {
    log: { warn() {}, info() {} },
    publish: () => Promise.reject(new Error("the process has ended")),
  };
  const site = { externalHost: "zulip.example", scheme: "https://" };
  const http = () => assert.fail("no call");
  await using sender = new MessageSender({ ctx, site, http });
  const patterns = { pattern: "%s@in.zulip.example" };
  await mirrorMail(mailEvent(mail, ADDRESS), {
    queue: "email_mirror",
    patterns,
    site,
    uploadsDir,
    sender,
  }, {
    ...{ db, ctx, owner: "another", retriedAt: undefined, maxSeconds: 90, log: ctx.log },
    effects: () => assert.fail("no effects"),
    signal: new AbortController().signal,
  });
}

eachDatabaseTest(
  "what a process had stored and not published is published once",
  ({ open }) =>
    inFolder(async (uploads) => {
      const mirror = await MirrorRealm.make(await open(), uploads);
      const mail = mime({}, plain("Hello"), {
        ...{ type: "image/png", body: pngHeader(64, 48), name: "soup.png" },
      });
      await endAfterCommit(mirror, mail);
      assert.equal((await mirror.messages()).length, 1);
      // The event comes again, and finds the message.
      assert.deepEqual((await mirror.mirror(mail)).published, []);
      const old = Date.now() - 60_000;
      await mirror.db.updateTable("process_queue_outbox").set({ at: old }).execute();
      const environment = {
        EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example",
        LOCAL_UPLOADS_DIR: uploads,
      };
      const { published } = await runLoop(emailMirror, "outbox", {
        database: mirror.db,
        environment,
      });
      assert.deepEqual(published.map(({ queue }) => queue), ["thumbnail", "notify_tornado"]);
      assert.equal((await mirror.messages()).length, 1);
    }),
);
