/**
 * The mail mirror in the real program: an event of pika, as Zulip publishes it, becomes a message.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { OWN_TEMPLATE } from "../fixtures/database/shapes.ts";
import { pikaPublish, whereInstalled } from "../fixtures/interop/clients.ts";
import { mailEvent, mime, plain, pngHeader } from "../fixtures/mirror/mime.ts";
import { ADDRESS, MirrorRealm, TOKEN } from "../fixtures/mirror/mirror_realm.ts";
import { withHost } from "../fixtures/process/program_fixture.ts";
import { rabbitmqAndCopyTest } from "../servers.ts";

const QUEUE = "email_mirror";
const NAME = "a mail that pika publishes twice becomes one message, and no secret of it is logged";

whereInstalled(NAME, () => {
  rabbitmqAndCopyTest(
    NAME,
    OWN_TEMPLATE,
    ({ rabbitmq, databaseUrl }) =>
      inFolder(async (uploads) => {
        await using db = await openDatabase(databaseUrl);
        const mirror = await MirrorRealm.make(db, uploads);
        const picture = { type: "image/png", body: pngHeader(64, 48), name: "soup.png" };
        const mail = mime({ Subject: "Re: Lunch" }, plain("Sesame soup.\n\n-- \nCara"), picture);
        const event = mailEvent(mail, ADDRESS);
        const body = JSON.stringify(event);
        const unread = { body: JSON.stringify({ rcpt_to: ADDRESS, message: "old" }) };
        await withHost(rabbitmq, QUEUE, async (program) => {
          Object.assign(program.env, {
            ...{ DATABASE_URL: databaseUrl, EXTERNAL_HOST: "zulip.example" },
            ...{ EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example", LOCAL_UPLOADS_DIR: uploads },
            LOG_LEVEL: "debug",
          });
          await pikaPublish(program.url, QUEUE, [{ body }, { body }, unread]);
          const worker = program.consume();
          await worker.untilLogged(/^The mail was posted before, and is not posted again$/);
          await worker.untilLogged(/^Problem handling data on queue email_mirror$/);
          worker.signal("SIGTERM");
          assert.equal((await worker.end()).code, 0);
          const logged = [...worker.stdout, ...worker.stderr].join("\n");
          for (
            const secret of [
              TOKEN,
              "Sesame",
              event.msg_base64.slice(0, 40),
              "cara@elsewhere.example",
            ]
          ) {
            assert(!logged.includes(secret), secret);
          }
        });
        const [message, ...others] = await mirror.messages();
        assert.deepEqual(others, []);
        assert.match(
          message?.content ?? "",
          /^Sesame soup\.\n\n\[soup\.png\]\(\/user_uploads\/\d+\//,
        );
        assert.equal(message?.topic, "Lunch");
      }),
  );
});
