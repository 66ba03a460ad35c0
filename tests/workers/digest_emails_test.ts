import assert from "node:assert/strict";
import { type EventOutcome, openTestDatabase, runEvent } from "process-queue/testing";
import type { Database } from "../../lib/domain/database/database.ts";
import { cutoffOf } from "../../lib/domain/digests/due.ts";
import deferredEmailSenders from "../../workers/deferred_email_senders.ts";
import digestEmails from "../../workers/digest_emails.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { withTemplates } from "../fixtures/mail/templates.ts";
import { rawHeader, readMail, smtpTest } from "../fixtures/smtp/smtp.ts";

const ENVIRONMENT = {
  EXTERNAL_HOST: "zulip.example",
  INSTALLATION_NAME: "Zulip",
};
const MINUTE_MS = 60_000;

/** A user who was away while another wrote. */
class Away {
  readonly db: Database;
  readonly ada: number;

  constructor(db: Database, ada: number) {
    this.db = db;
    this.ada = ada;
  }

  /** Makes them: a message was written a minute ago. */
  static async make(db: Database): Promise<Away> {
    const realm = await TestRealm.make(db, "acme");
    const ada = await realm.user("ada", { full_name: "Ada Lovelace" });
    const ben = await realm.user("ben", { full_name: "Ben & Co" });
    const { recipient } = await realm.channel("R&D", [ada, ben]);
    const { stream } = await realm.channel("night shift");
    await db.updateTable("zerver_stream").set({ date_created: new Date(Date.now() - MINUTE_MS) })
      .where("id", "=", stream).execute();
    const { id } = await db.insertInto("zerver_client").values({ name: "website" })
      .returning("id").executeTakeFirstOrThrow();
    await realm.message(ben, recipient, [ada], {
      subject: "lunch",
      content: "Soup, **Ada**?",
      rendered_content: "<p>Soup, <strong>Ada</strong>?</p>",
      date_sent: new Date(Date.now() - MINUTE_MS),
      sending_client_id: id,
    });
    return new Away(db, ada);
  }

  /** The event, run by the worker. */
  async run(event: Record<string, unknown> = {}, environment: Record<string, string> = {}) {
    const cutoff = String(cutoffOf(Date.now()) / 1000);
    const options = { database: this.db, environment: { ...ENVIRONMENT, ...environment } };
    return await runEvent(digestEmails, { user_ids: [this.ada], cutoff, ...event }, options);
  }
}

function awayTest(name: string, fn: (away: Away) => Promise<void>): void {
  Deno.test(name, async () => {
    const db = await openTestDatabase();
    try {
      await fn(await Away.make(db));
    } finally {
      await db.destroy();
    }
  });
}

smtpTest("a digest arrives as a mail that shows what was written, and only once", async (smtp) => {
  const db = await openTestDatabase();
  try {
    const away = await Away.make(db);
    const { outcome, published, error } = await away.run();
    assert.equal(outcome, "done", error?.message);
    assert.deepEqual((await away.run()).published, []);
    const [mail, ...others] = published;
    assert(mail);
    assert.deepEqual([mail.queue, others.length], ["deferred_email_senders", 0]);
    const environment = {
      ...ENVIRONMENT,
      EMAIL_HOST: "127.0.0.1",
      EMAIL_PORT: String(smtp.ports.plain),
    };
    const options = { database: db, environment, messageId: mail.id ?? "none" };
    for (let time = 0; time < 2; time++) {
      const sent = await runEvent(deferredEmailSenders, mail.event, options);
      assert.equal(sent.outcome, "done", sent.error?.message);
    }
    const [received, ...again] = await smtp.mails(1);
    assert(received);
    assert.deepEqual(again, []);
    const { to, from, subject, text = "", html = "" } = await readMail(received);
    assert.deepEqual(to, [{ name: "Ada Lovelace", address: "ada@example.com" }]);
    assert.deepEqual(from, { name: "Zulip digest", address: "noreply@zulip.example" });
    assert.equal(subject, "Zulip digest for acme");
    assert.match(
      rawHeader(received, "List-Unsubscribe") ?? "",
      /unsubscribe\/digest\/[a-z2-7]{24}/,
    );
    assert.match(rawHeader(received, "List-Unsubscribe-Post") ?? "", /One-Click/);
    assert.match(text, /#R&D > lunch\n+Ben & Co:\n> Soup, \*\*Ada\*\*\?/);
    assert.match(text, /New channels\n\* #night shift\n/);
    assert.match(html, /<b>Ben &amp; Co<\/b>: Soup, <strong>Ada<\/strong>\?/);
    assert.match(html, />#R&amp;D<\/a> &gt; <a href="https:\/\/acme\.zulip\.example\/#narrow/);
  } finally {
    await db.destroy();
  }
});

awayTest("events of new and old servers are taken, and others are not", async (away) => {
  const { ada } = away;
  const taken: [Record<string, unknown>, EventOutcome["outcome"]][] = [
    [{ user_ids: [ada] }, "done"],
    [{ user_ids: undefined, user_profile_id: ada }, "done"],
    [{ cutoff: 1_700_000_000, failed_tries: 1 }, "done"],
    [{ user_ids: [] }, "discarded"],
    [{ user_ids: [987_654] }, "discarded"],
  ];
  for (const [more, expected] of taken) {
    assert.equal((await away.run(more)).outcome, expected, JSON.stringify(more));
  }
  const wrong = [
    { user_ids: undefined },
    { user_ids: [0] },
    { user_ids: ["1"] },
    { cutoff: "yesterday" },
    { cutoff: "" },
    { cutoff: undefined },
    { cutoff: -1 },
    { cutoff: "99999999999" },
  ];
  for (const more of wrong) {
    assert.equal((await away.run(more)).reason, "invalid", JSON.stringify(more));
  }
});

awayTest("the outcome for the users is logged", async (away) => {
  const lines = (await away.run({ user_ids: [away.ada, 987_654] })).logs
    .map(({ message }) => message);
  assert.deepEqual(lines, [
    "Digests of 2 users: 1 published, 0 with nothing to report, 0 sent before",
  ]);
});

awayTest("an event is tried again for those whose digests could not be made", async (away) => {
  const { ada, db } = away;
  await db.updateTable("zerver_userprofile").set({ default_language: "de" })
    .where("full_name", "=", "Ben & Co").execute();
  const ben = await db.selectFrom("zerver_userprofile").select("id")
    .where("default_language", "=", "de").executeTakeFirstOrThrow();
  const event = { user_ids: [ada, ben.id], cutoff: "1700000000" };
  const broken = { "locales/de.json": JSON.stringify({ "digest.from_name": "{nothing}" }) };
  await withTemplates(broken, async (_, TEMPLATES_DIR) => {
    const { outcome, error, published } = await away.run(event, { TEMPLATES_DIR });
    assert.equal(outcome, "retried");
    assert.match(
      error?.message ?? "",
      new RegExp(`^The digests of users ${ben.id} could not be ma`),
    );
    assert.deepEqual(published.map(({ id }) => id), [`digest:${ada}:1700000000`]);
  });
  const again = await away.run(event);
  assert.equal(again.outcome, "done", again.error?.message);
  assert.deepEqual(again.published.map(({ id }) => id), [`digest:${ben.id}:1700000000`]);
});

awayTest("an event with users of two realms is dead-lettered", async (away) => {
  const other = await (await TestRealm.make(away.db, "other")).user("grace");
  const { outcome, reason, error } = await away.run({ user_ids: [away.ada, other] });
  assert.deepEqual([outcome, reason], ["failed", "fail"]);
  assert.match(
    error?.message ?? "",
    /^The users of the event are of several realms, 1, 2: publish/,
  );
});

awayTest("an event without anybody says so", async (away) => {
  const { outcome, error } = await away.run({ user_ids: [987_654] });
  assert.equal(outcome, "discarded");
  assert.equal(
    error?.message,
    "None of the users gets digests: they were deleted, are deactivated, or have turned digests off",
  );
});

Deno.test("events wait while the database of digests cannot be reached", async () => {
  const environment = { ...ENVIRONMENT, DATABASE_URL: "postgres://u:p@127.0.0.1:1/d" };
  const { outcome, error } = await runEvent(
    digestEmails,
    { user_ids: [1], cutoff: "1700000000" },
    { environment },
  );
  assert.equal(outcome, "paused");
  assert.equal(error?.message, "Waiting for the database");
  assert.match(error?.stack ?? "", /PostgreSQL at 127\.0\.0\.1:1\/d/);
});
