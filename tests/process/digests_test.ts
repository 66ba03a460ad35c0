/** The real program makes digests, on the embedded broker. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { weekdayOf } from "../../lib/domain/digests/due.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const HANGING = fileURLToPath(new URL("../fixtures/mail/hanging_digests.ts", import.meta.url));
const DAY_MS = 24 * 60 * 60 * 1000;

Deno.test("of digests none is lost or doubled when a process is killed before it published", async () => {
  await withFolder(async (cwd) => {
    const url = `sqlite:${cwd}/test.sqlite`;
    await migrateDatabase(url);
    await using db = await openDatabase(url);
    const realm = await TestRealm.make(db, "acme");
    // Even if the day ends during the test.
    const digest_weekday = weekdayOf(Date.now() + 60_000);
    await db.updateTable("zerver_realm").set({ digest_emails_enabled: true, digest_weekday })
      .execute();
    const users = [await realm.user("ada"), await realm.user("ben"), await realm.user("cleo")];
    const { stream } = await realm.channel("new");
    await db.updateTable("zerver_stream").set({ date_created: new Date(Date.now() - DAY_MS) })
      .where("id", "=", stream).execute();
    const env = { DATABASE_URL: url, STATE_DIR: `${cwd}/state` };
    const peek = async (queue: string) => {
      await using broker = await openSqliteBroker({ stateDir: env.STATE_DIR });
      return await broker.peek(queue, 100);
    };
    {
      await using enqueue = Program.start(["enqueue-digest-emails"], { cwd, env });
      const { code, stdout } = await enqueue.end();
      assert.equal(code, 0);
      assert.match(
        stdout.at(-1) ?? "",
        /^Digests of \w+day, in UTC: 3 users in 1 event of digest_/,
      );
    }
    const [event] = await peek("digest_emails");
    assert(event);
    const body = new TextDecoder().decode(event.body);
    assert.deepEqual(JSON.parse(body).user_ids, users);
    {
      await using killed = Program.startDeno(["run", "-A", "--quiet", HANGING, url, body], { cwd });
      await killed.until("it committed", () => killed.stdout.includes("committed"));
      killed.signal("SIGKILL");
      await killed.end();
    }
    await db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 }).execute();
    await using program = Program.start(["--queue_name", "digest_emails"], { cwd, env });
    const logged = await program.untilLogged(/^Digests of 3 users/);
    assert.equal(
      logged.message,
      "Digests of 3 users: 0 published, 0 with nothing to report, 3 sent before",
    );
    await program.until("the mails are published", async () => {
      return (await peek("deferred_email_senders")).length >= 3;
    });
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const ids = (await peek("deferred_email_senders")).map(({ properties }) =>
      properties.messageId
    );
    const cutoff = JSON.parse(body).cutoff;
    assert.deepEqual(ids.sort(), users.map((user) => `digest:${user}:${cutoff}`));
  });
});
