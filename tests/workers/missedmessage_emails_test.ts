import assert from "node:assert/strict";
import {
  type EventOutcome,
  openTestDatabase,
  type PublishedEvent,
  runEvent,
  runLoop,
} from "process-queue/testing";
import type { Database } from "../../lib/domain/database/database.ts";
import emailSenders from "../../workers/email_senders.ts";
import missedmessageEmails from "../../workers/missedmessage_emails.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { rawHeader, readMail, smtpTest } from "../fixtures/smtp/smtp.ts";

const ENVIRONMENT = {
  EXTERNAL_HOST: "zulip.example",
  INSTALLATION_NAME: "Zulip",
  EMAIL_HOST: "127.0.0.1",
  EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example",
};

/** A user who has missed a message of another. */
class Missed {
  readonly db: Database;
  readonly ada: number;
  readonly message: number;

  constructor(db: Database, ada: number, message: number) {
    this.db = db;
    this.ada = ada;
    this.message = message;
  }

  /** Makes them. @param batching Seconds that the user collects messages for. */
  static async make(db: Database, batching = 0): Promise<Missed> {
    const realm = await TestRealm.make(db, "acme");
    const ada = await realm.user("ada", {
      full_name: "Ada Lovelace",
      email_notifications_batching_period_seconds: batching,
    });
    const ben = await realm.user("ben", { full_name: "Ben & Co" });
    const { recipient } = await realm.channel("kitchen", [ada, ben]);
    const content = {
      content: "Soup, [Ada](/user_uploads/2/soup.png)?",
      rendered_content: '<p>Soup, <a href="/user_uploads/2/soup.png">Ada</a>?</p>',
    };
    const message = await realm.message(ben, recipient, [ada], { subject: "lunch", ...content });
    return new Missed(db, ada, message);
  }

  /** The event, run by the worker. */
  async run(more: Record<string, unknown> = {}): Promise<EventOutcome> {
    const { ada: user_profile_id, message: message_id } = this;
    const event = { user_profile_id, message_id, trigger: "mentioned", ...more };
    const options = { database: this.db, environment: ENVIRONMENT, messageId: "e1" };
    return await runEvent(missedmessageEmails, event, options);
  }

  /** What a pass of the loop publishes. */
  async pass(environment: Record<string, string> = {}): Promise<readonly PublishedEvent[]> {
    const all = { ...ENVIRONMENT, ...environment };
    const options = { database: this.db, environment: all };
    return (await runLoop(missedmessageEmails, "send", options)).published;
  }

  /** How many rows there are. */
  async rows(): Promise<number> {
    const rows = await this.db.selectFrom("zerver_scheduledmessagenotificationemail").select("id")
      .execute();
    return rows.length;
  }
}

function missedTest(name: string, fn: (db: Database) => Promise<void>): void {
  Deno.test(name, async () => {
    const db = await openTestDatabase();
    try {
      await fn(db);
    } finally {
      await db.destroy();
    }
  });
}

smtpTest("a missed message arrives as a mail that shows it and can be answered", async (smtp) => {
  const db = await openTestDatabase();
  try {
    const missed = await Missed.make(db);
    assert.equal((await missed.run()).outcome, "done");
    const [published, ...others] = await missed.pass();
    assert(published);
    assert.deepEqual(others, []);
    const environment = { ...ENVIRONMENT, EMAIL_PORT: String(smtp.ports.plain) };
    const options = { database: db, environment, messageId: published.id ?? "none" };
    for (let time = 0; time < 2; time++) {
      const { outcome, error } = await runEvent(emailSenders, published.event, options);
      assert.equal(outcome, "done", error?.message);
    }
    const [received, ...again] = await smtp.mails(1);
    assert(received);
    assert.deepEqual(again, []);
    const mail = await readMail(received);
    assert.deepEqual(mail.to, [{ name: "Ada Lovelace", address: "ada@example.com" }]);
    assert.deepEqual(mail.from, { name: "Zulip notifications", address: "noreply@zulip.example" });
    assert.equal(mail.subject, "#kitchen > lunch");
    assert.match(rawHeader(received, "Reply-To") ?? "", /^Zulip <mm[0-9a-f]{32}@in\.zulip\.exa/);
    assert.match(rawHeader(received, "List-Unsubscribe") ?? "", /missed_messages/);
    assert.match(mail.text ?? "", /Ben & Co:\n> Soup, https:\/\/acme\.zulip\.example\/user_upload/);
    assert.match(mail.html ?? "", /<b>Ben &amp; Co<\/b>: Soup, <a href="https:\/\/acme\.zulip\.ex/);
    assert.match(mail.text ?? "", /because you were mentioned by name/);
  } finally {
    await db.destroy();
  }
});

missedTest("a mail waits for the user's period", async (db) => {
  const missed = await Missed.make(db, 3600);
  await missed.run();
  assert.deepEqual(await missed.pass(), []);
  assert.equal(await missed.rows(), 1);
});

missedTest("an event that comes twice tells the user once, also after the mail", async (db) => {
  const missed = await Missed.make(db);
  await missed.run();
  await missed.run();
  assert.equal(await missed.rows(), 1);
  assert.equal((await missed.pass()).length, 1);
  assert.equal((await missed.run()).outcome, "done");
  assert.deepEqual(await missed.pass(), []);
});

missedTest("events of old and new servers are taken, and others are not", async (db) => {
  const missed = await Missed.make(db);
  const taken = [
    { trigger: "private_message" },
    { mentioned_user_group_id: null, failed_tries: 1 },
    { trigger: "novel_trigger" },
  ];
  for (const more of taken) assert.equal((await missed.run(more)).outcome, "done");
  const wrong = [
    { user_profile_id: 0 },
    { message_id: 2 ** 31 },
    { trigger: null },
    { trigger: "" },
    { mentioned_user_group_id: "5" },
  ];
  for (const more of wrong) assert.equal((await missed.run(more)).reason, "invalid");
});

missedTest("a message that is gone is nothing to do", async (db) => {
  const missed = await Missed.make(db);
  const { outcome, error } = await missed.run({ message_id: 987_654 });
  assert.equal(outcome, "discarded");
  assert.equal(error?.message, "Message 987654, its reader or the mentioned group is gone");
});

missedTest("a mail without EMAIL_GATEWAY_PATTERN says that it cannot be answered", async (db) => {
  const missed = await Missed.make(db);
  await missed.run();
  const [published] = await missed.pass({ EMAIL_GATEWAY_PATTERN: "" });
  const event = published?.event as { reply_to_email: unknown; context: Record<string, unknown> };
  assert.equal(event.reply_to_email, null);
  assert.equal(event.context["reply_to_zulip"], false);
});

Deno.test("events wait while the database of missed messages cannot be reached", async () => {
  const event = { user_profile_id: 1, message_id: 1, trigger: "mentioned" };
  const environment = { ...ENVIRONMENT, DATABASE_URL: "postgres://u:p@127.0.0.1:1/d" };
  const { outcome, error } = await runEvent(missedmessageEmails, event, { environment });
  assert.equal(outcome, "paused");
  assert.equal(error?.message, "Waiting for the database");
  assert.match(error?.stack ?? "", /PostgreSQL at 127\.0\.0\.1:1\/d cannot be/);
  await assert.rejects(runLoop(missedmessageEmails, "send", { environment }), {
    kind: "unreachable",
  });
});
