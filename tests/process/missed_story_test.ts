/**
 * Users who were away read in their mail what they have missed: the real program, on the database that
 * `seed` fills, up to an SMTP server.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Email } from "postal-mime";
import { type Database, openDatabase } from "../../lib/domain/database/database.ts";
import { MissedStory } from "../fixtures/mail/missed_story.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { readMail, type SmtpFixture, smtpTest } from "../fixtures/smtp/smtp.ts";
import { until } from "../fixtures/until.ts";

/** Runs the program on a seeded database. */
async function withSeed(
  fn: (db: Database, start: (args: string[], input?: string) => Program) => Promise<void>,
  { ports }: SmtpFixture,
): Promise<void> {
  await withFolder(async (cwd) => {
    const url = `sqlite:${cwd}/seed.sqlite`;
    const env = {
      ...{ BROKER: "embedded", STATE_DIR: `${cwd}/state`, DATABASE_URL: url },
      ...{ EXTERNAL_HOST: "zulip.example", EMAIL_HOST: "127.0.0.1" },
      ...{ EMAIL_PORT: String(ports.plain), EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example" },
    };
    const start = (args: string[], input = "") => Program.start(args, { cwd, env, input });
    {
      await using seeding = start(["seed"]);
      assert.equal((await seeding.end()).code, 0);
    }
    await using db = await openDatabase(url);
    await fn(db, start);
  });
}

async function countOf(
  db: Database,
  table: "zerver_scheduledmessagenotificationemail" | "process_queue_outbox",
): Promise<number> {
  return (await db.selectFrom(table).select("id").execute()).length;
}

smtpTest(
  "users who were away get a mail for each conversation that they have missed",
  (smtp) =>
    withSeed(async (db, start) => {
      const story = await MissedStory.make(db);
      const events = await story.happen();
      await using program = start(["--multi_threaded", "missedmessage_emails", "email_senders"]);
      {
        const lines = events.map((event) => JSON.stringify(event)).join("\n");
        await using publisher = start(["publish", "missedmessage_emails"], lines);
        assert.equal((await publisher.end()).code, 0);
      }
      await program.until("all are stored", async () => {
        return await countOf(db, "zerver_scheduledmessagenotificationemail") === events.length;
      });
      await story.becomeDue();
      await smtp.mails(3);
      await until(
        "the outbox is empty",
        async () => await countOf(db, "process_queue_outbox") === 0,
      );
      program.signal("SIGTERM");
      assert.equal((await program.end()).code, 0);
      const mails = await Promise.all(smtp.received().map(readMail));
      const to = Map.groupBy(mails, (mail) => mail.to?.[0]?.address ?? "");
      assert.deepEqual(
        [...to.keys()].sort(),
        ["emi", "hugo", "kavya"].map((name) => `${name}@example.com`),
      );
      assert.equal(mails.length, 3);
      assertTopic(to.get("kavya@example.com")?.[0]);
      assertGroup(to.get("emi@example.com")?.[0]);
      assertHidden(to.get("hugo@example.com")?.[0]);
    }, smtp),
);

/** Three messages of a topic, the last of which mentions the reader. */
function assertTopic(mail: Email | undefined): void {
  assert(mail);
  assert.equal(mail.subject, "#engineering > deploy at four");
  const texts = [
    "Ben Okafor:\n> The deploy of **2.4** starts at four.",
    "Clara Vogt:\n> Wait for the migration",
    "> @**Kavya Rao** can you look at the query plan?",
    "(Open Zulip to see the spoiler content)",
    "because you were mentioned by name",
    "#narrow/channel/",
  ];
  assertHas(mail.text, texts);
  const html = ["<b>Ben Okafor</b>", "<strong>2.4</strong>", "spoiler-title", "/near/"];
  assertHas(mail.html, html);
  assert.doesNotMatch(`${mail.text}${mail.html}`, /the root password/);
  assert.match(mail.replyTo?.[0]?.address ?? "", /^mm[0-9a-f]{32}@in\.zulip\.example$/);
}

/** Two messages in a DM group. */
function assertGroup(mail: Email | undefined): void {
  assert(mail);
  assert.equal(mail.subject, "Group DMs with Ben Okafor, Kavya Rao, and Liam Walsh");
  assertHas(mail.text, ["Ben Okafor:\n> Lunch at one?", "Liam Walsh:\n> :tada: I'll come"]);
  assertHas(mail.html, ["<b>Ben Okafor</b>", "/static/generated/emoji/images-google-64/1f389.png"]);
}

/** The reader keeps messages out of mails. */
function assertHidden(mail: Email | undefined): void {
  assert(mail);
  assert.equal(mail.subject, "New messages");
  assertHas(mail.text, ["your settings keep message content out of emails"]);
  const all = `${mail.text}${mail.html}`.replaceAll(/\S*#narrow\S*/g, "");
  assert.doesNotMatch(all, /Inês|Duarte|salary/);
}

function assertHas(part: string | undefined, texts: readonly string[]): void {
  for (const text of texts) assert(part?.includes(text), `${text} is not in\n${part}`);
}
