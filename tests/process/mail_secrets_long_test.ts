/**
 * A password reset goes to its recipient, and nothing that only the recipient may know goes anywhere
 * else, however sending it ends.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sql } from "kysely";
import { filesIn } from "../fixtures/files_in.ts";
import { FakeSentry } from "../fixtures/monitoring/fake_sentry.ts";
import { type MailProgram, mailProgramTest, QUEUE } from "../fixtures/process/mail.ts";
import type { Program } from "../fixtures/process/program.ts";
import { readMail, type SmtpScript } from "../fixtures/smtp/smtp.ts";

const LINK = "https://engines.zulip.example/accounts/password/reset/MQ/c9f5mz-8a1d0e3b7c4f/";
const CODE = "739204";
const TYPED = "typed.in@people.example";
/** What must not be there, in any case: an address, the token of the link, the code. */
const SECRET = /ada@people|typed\.in|c9f5mz|8a1d0e|739204|ada%40people/i;
/** What a server that quotes everything says. */
const quote = (address: string) => `<${address}> ${LINK} is spam`;
const QUOTE = quote("ada@people.example");
/** A template whose error has the value, as it takes that for the name of a file. */
const INCLUDES = "{% include deactivation_notification_comment %}";
const FAILED = `${QUEUE}.failed`;

const CONTEXT = {
  email: "ada@people.example",
  realm_url: "https://engines.zulip.example",
  realm_name: "Analytical Engines",
  active_account_in_realm: true,
  user_deactivated: false,
  reset_url: LINK,
};

/** An event that is dead-lettered, and how the server has to answer for that. */
const FAILURES: readonly (readonly [how: string, script: SmtpScript, event: object])[] = [
  ["the mail is refused", { data: `554 5.7.1 ${QUOTE}` }, {}],
  ["the recipient is refused", { recipients: { [TYPED]: `550 5.1.1 ${quote(TYPED)}` } }, {
    to_emails: [TYPED],
    to_user_ids: null,
  }],
  ["a key is missing", {}, { context: { ...CONTEXT, realm_name: undefined } }],
  ["an operator's template fails and quotes a value", {}, {
    template_prefix: "zerver/emails/deactivate",
    context: { ...CONTEXT, deactivation_notification_comment: LINK },
  }],
  ["there is no such template", {}, { template_prefix: "zerver/emails/reset" }],
  ["the event is invalid", {}, { to_emails: { [TYPED]: LINK }, [TYPED]: LINK }],
  ["an address is not valid", {}, { to_emails: [`${TYPED}>`], to_user_ids: null }],
  ["the connection is cut after the dot", { data: "cut-after" }, {}],
  ["the server is silent after the dot", { data: "silent" }, {}],
  ["the server is silent before", { connect: "silent" }, {}],
  ["a code is refused", { data: `554 5.7.1 <ada@people.example> ${CODE}` }, {
    template_prefix: "two_factor_code",
    context: {
      ...{ code: CODE, expires_minutes: 10, login_time: "2026-03-05T17:04:09+00:00" },
      ...{ device_os: "macOS", device_browser: "Safari", device_ip: "203.0.113.24" },
    },
  }],
];

const ENV = {
  EMAIL_MAYBE_SENT: "report",
  EMAIL_TIMEOUT: "600",
  PQ_EMAIL_SENDERS_RETRIES: "",
  PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS: "2",
  SENTRY_TRACE_WORKER_RATE: "1",
};

mailProgramTest(
  "a password reset reaches its recipient, and its address, link and code are nowhere else",
  async (mail) => {
    await using sentry = new FakeSentry();
    const { folder } = mail.program;
    const { dsn } = sentry;
    Deno.mkdirSync(`${folder}/templates`);
    await mail.program.write("templates/deactivate.txt", INCLUDES);
    const [QUEUE_ERROR_DIR, TEMPLATES_DIR] = [`${folder}/errors`, `${folder}/templates`];
    const env = { ...ENV, SENTRY_DSN: dsn, QUEUE_ERROR_DIR, TEMPLATES_DIR };
    const start = () => mail.start(["--log-level", "debug"], env);
    const first = start();
    await mail.publish([reset(mail, {})]);
    await assertArrived(mail);
    for (const [index, [how, script, event]] of FAILURES.entries()) {
      mail.script(script);
      await mail.publish([reset(mail, event)]);
      await first.until(how, async () => await mail.program.client.ready(FAILED) === index + 1);
    }
    const count = await killOnTheWire(mail, first);
    assertFiles(folder, "state", "stats", "errors");
    mail.script();
    const second = start();
    await mail.smtp.mails(count + 1);
    second.signal("SIGTERM");
    for (const program of [first, second]) {
      const { stdout, stderr } = await program.end();
      assertNone("printed", [...stdout, ...stderr].join("\n"));
    }
    assert(sentry.text.length > 0);
    assertNone("sent to Sentry", sentry.text.join("\n"));
    assertFiles(folder, "stats", "errors");
    await assertDatabase(mail);
    await assertDeadLetters(mail);
  },
);

function reset({ people }: MailProgram, event: object): object {
  return {
    template_prefix: "zerver/emails/password_reset",
    to_user_ids: [people.ada],
    ...{ from_name: "Zulip", from_address: "TOKENIZED_NO_REPLY", language: "en" },
    context: CONTEXT,
    ...event,
  };
}

async function assertArrived({ smtp }: MailProgram): Promise<void> {
  const [received] = await smtp.mails(1);
  assert(received);
  const { text, html, to } = await readMail(received);
  assert.deepEqual(to, [{ name: "Ada Lovelace", address: "ada@people.example" }]);
  assert(text?.includes(LINK));
  assert(html?.includes(`href="${LINK}"`));
}

/** @returns How many mails the server has got. */
async function killOnTheWire(mail: MailProgram, program: Program): Promise<number> {
  const { length } = mail.smtp.received();
  mail.script({ data: "silent" });
  await mail.publish([reset(mail, {})]);
  await mail.smtp.mails(length + 1);
  program.signal("SIGKILL");
  await program.end();
  return length + 1;
}

/** The state, the statistics, what is written of failures. */
function assertFiles(folder: string, ...parts: readonly string[]): void {
  const files = [...filesIn(folder)];
  for (const { path, text } of files) assertNone(path, text);
  for (const part of parts) {
    assert(files.some(({ path }) => path.startsWith(`${folder}/${part}/`)), part);
  }
}

async function assertDatabase({ db }: MailProgram): Promise<void> {
  const tables = await db.introspection.getTables();
  const own = tables.map(({ name }) => name).filter((name) => name.startsWith("process_queue_"));
  assert(own.includes("process_queue_effect"));
  for (const name of own) {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(db);
    assert(name !== "process_queue_effect" || rows.length > 0);
    assertNone(name, JSON.stringify(rows));
  }
}

async function assertDeadLetters({ program }: MailProgram): Promise<void> {
  for (const options of [[], ["--json"]]) {
    const { code, stdout, stderr } = await program.run(["failed", "list", QUEUE, ...options]);
    assert.equal(code, 0);
    assertNone("listed", [...stdout, ...stderr].join("\n"));
  }
  for (let left = FAILURES.length; left > 0; left--) {
    const message = await program.client.take(FAILED);
    assert(message);
    assertNone("a header", JSON.stringify(message.properties));
    assert.match(message.content.toString(), SECRET, "the dead letter is the event itself");
  }
}

function assertNone(what: string, text: string): void {
  const at = text.search(SECRET);
  assert(at === -1, `${what}: ${text.slice(Math.max(at - 300, 0), at + 60)}`);
}
