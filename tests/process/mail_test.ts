/**
 * Zulip's events of mails become the mails that Zulip would send, in the real program: from pika over
 * RabbitMQ and PostgreSQL to an SMTP server with STARTTLS and a login, in each way of running.
 *
 * What the SMTP server refuses is in mail_waits_long_test.ts, a connection that is kept or lost in
 * tests/domain/mail/transport_lost_test.ts, and an event that is no mail in
 * tests/workers/email_senders_refusals_test.ts.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Email } from "postal-mime";
import { type ZulipMail, zulipMails } from "../fixtures/mail/zulip_mails.ts";
import { LOGIN, type MailProgram, mailProgramTest, QUEUE } from "../fixtures/process/mail.ts";
import { rawHeader, readMail, type ReceivedMail } from "../fixtures/smtp/smtp.ts";

const NOREPLY = "noreply@zulip.example";
const HOUR_MS = 3_600_000;
const LIST_ID = "Analytical Engines <engines.zulip.example>";

mailProgramTest("Zulip's mails arrive as Zulip sends them, sent by a thread", async (mail) => {
  const rows = zulipMails(mail.people);
  await mail.publish(rows.map(({ body }) => body));
  assert.equal(await mail.drain(), done(rows.length));
  await assertMails(mail, rows);
  assert.deepEqual(new Set(await mail.states()), new Set(["done"]));
});

mailProgramTest(
  "Zulip's mails arrive by --inline, with the database of a Zulip server",
  async (mail) => {
    const rows = zulipMails(mail.people);
    await mail.publish(rows.map(({ body }) => body));
    assert.equal(await mail.drain(["--queue_name", QUEUE, "--inline"]), done(rows.length));
    await assertMails(mail, rows);
  },
  { database: "zulip" },
);

mailProgramTest(
  "both queues of mails run beside each other, also for an event of `process-queue publish`",
  async (mail) => {
    const rows = zulipMails(mail.people);
    const [first, ...others] = rows;
    assert(first);
    const body = JSON.stringify(first.body);
    const published = await mail.program.run(["publish", QUEUE, body]);
    assert.equal(published.code, 0, published.stderr.join("\n"));
    const [now, deferred] = [others.slice(0, 9), others.slice(9)];
    await mail.publish(now.map(({ body }) => body));
    await mail.publish(deferred.map(({ body }) => body), "deferred_email_senders");
    const queues = ["--multi_threaded", QUEUE, "deferred_email_senders"];
    assert.equal(await mail.drain(queues), done(rows.length));
    await assertMails(mail, rows);
  },
);

function done(count: number): string {
  return `done ${count}, retried 0, failed 0, waiting for retry 0`;
}

interface Arrived {
  readonly received: ReceivedMail;
  readonly email: Email;
  readonly text: string;
  readonly html: string;
}

/** Each row has its mail, whatever the order, and there is no other. */
async function assertMails({ smtp }: MailProgram, rows: readonly ZulipMail[]): Promise<void> {
  const arrived = await Promise.all(
    smtp.received().map(async (received): Promise<Arrived> => {
      const email = await readMail(received);
      return { received, email, text: email.text ?? "", html: email.html ?? "" };
    }),
  );
  for (const row of rows) {
    const at = arrived.findIndex((each) => isOf(each, row));
    const left = () => arrived.map(({ email }) => `${email.subject} to ${toOf(email)}`).join("; ");
    assert(at >= 0, `no mail is the one of ${row.row}; left are ${left()}`);
    for (const each of arrived.splice(at, 1)) assertMail(each, row);
  }
  assert.equal(arrived.length, 0);
}

function isOf({ email, text, html }: Arrived, { mail }: ZulipMail): boolean {
  return email.subject === mail.subject && `${toOf(email)}` === `${mail.to}` &&
    mail.has.every((each) => text.includes(each) && html.includes(each));
}

function assertMail({ received, email, html }: Arrived, { row, mail, body }: ZulipMail): void {
  const { from } = email;
  const { sender } = received;
  const header = (name: string) => rawHeader(received, name);
  const link = mail.unsubscribe;
  const isRemote = JSON.stringify(body).includes("remote_server_email");
  assert.equal(`${from?.name} <${withoutToken(from?.address)}>`, mail.from, row);
  assert.deepEqual(
    {
      ...{ sender, isSecure: received.isSecure, user: received.user },
      recipients: received.recipients.map(String),
      replyTo: header("Reply-To"),
      listId: header("List-Id"),
      unsubscribe: [header("List-Unsubscribe"), header("List-Unsubscribe-Post")],
      auto: header("X-Auto-Response-Suppress"),
    },
    {
      ...{ sender: NOREPLY, isSecure: true, user: LOGIN.user },
      recipients: mail.to.map((each) => /([^ <]+@[^ >]+)/.exec(each)?.[1]),
      replyTo: mail.replyTo,
      listId: mail.isOfRealm ? LIST_ID : undefined,
      unsubscribe: [
        link && `<${link}>`,
        link && !isRemote ? "List-Unsubscribe=One-Click" : undefined,
      ],
      auto: "All",
    },
    row,
  );
  const date = body["date"] ? Date.parse(String(body["date"])) : Date.now();
  assert(Math.abs(Date.parse(header("Date") ?? "") - date) < HOUR_MS, row);
  assert(!/<b>|<we>|<tests>| < 2/.test(html), `${row}: what users wrote is HTML`);
}

/** Whom `To` names, as `Name <address>` or `address`. */
function toOf({ to = [] }: Email): string[] {
  return to.map(({ name, address }) => name ? `${name} <${address}>` : `${address}`);
}

function withoutToken(address = ""): string {
  return address.replace(/^noreply-[0-9a-f]{32}@/, "noreply-{token}@");
}
