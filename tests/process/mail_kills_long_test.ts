/**
 * The process is killed at each point of sending a mail. Of two mails, `password_reset` is one that
 * somebody waits for: it is sent again where it may have been sent. `deactivate` is reported then.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sql } from "kysely";
import { untilOneWaits } from "../fixtures/database/locks.ts";
import { HeldWire } from "../fixtures/held_wire.ts";
import { RESET } from "../fixtures/mail/worker.ts";
import { pikaPublish } from "../fixtures/interop/clients.ts";
import { type MailProgram, mailProgramTest, QUEUE } from "../fixtures/process/mail.ts";
import type { Program } from "../fixtures/process/program.ts";
import { rawHeader, type ReceivedMail } from "../fixtures/smtp/smtp.ts";

const REPORT = /Fail: maybe sent: an earlier run ended before the server answered/;
const RESET_SUBJECT = /^Password reset/;
/** Both mails are sent at once, so that one kill hits both. */
const BOTH = { PQ_EMAIL_SENDERS_CONCURRENCY: "2" };
/** The process after it knows soon that the first has ended. */
const SOON = {
  PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS: "1",
  ABORT_GRACE_SECONDS: "0",
  PQ_EMAIL_SENDERS_RETRIES: "1,1,1",
};

/** Starts the program and returns when it is at the point; releases what is held after the kill. */
type Reach = (mail: MailProgram, held: AsyncDisposableStack) => Promise<Program>;

/** How many of each mail arrive in all, and whether the second event is dead-lettered. */
interface Expected {
  readonly resets: number;
  readonly others: number;
  readonly isReported: boolean;
}

const POINTS: readonly (readonly [point: string, reach: Reach, expected: Expected])[] = [
  ["before MAIL FROM", (mail, held) => heldAt(mail, held, /^220 /), {
    resets: 1,
    others: 0,
    isReported: true,
  }],
  ["within DATA", (mail, held) => heldAt(mail, held, /^354 /m), {
    resets: 1,
    others: 0,
    isReported: true,
  }],
  ["after the dot, before the answer", unanswered, { resets: 2, others: 1, isReported: true }],
  ["after the answer, before the record", unrecorded, { resets: 2, others: 1, isReported: true }],
  ["after the record, before the acknowledgement", unacknowledged, {
    resets: 1,
    others: 1,
    isReported: false,
  }],
];

for (const [point, reach, expected] of POINTS) {
  mailProgramTest(
    `a mail whose process is killed ${point} is sent as the docs say`,
    async (mail) => {
      await publishBoth(mail);
      {
        await using held = new AsyncDisposableStack();
        const killed = await reach(mail, held);
        killed.signal("SIGKILL");
        await killed.end();
      }
      await settleAll(mail, 2);
      const { resets, others } = expected;
      assert.deepEqual(counts(mail), { resets, others });
      assert.equal(new Set(mail.smtp.received().map(idOf)).size, others === 0 ? 1 : 2);
      if (expected.isReported) await assertReported(mail, others + 1);
    },
  );
}

mailProgramTest(
  "an event without an id whose process is killed before the acknowledgement is mailed twice",
  async (mail) => {
    await mail.publish([{ ...RESET, to_user_ids: [mail.people.charles] }]);
    {
      await using held = new AsyncDisposableStack();
      const killed = await unacknowledged(mail, held, 1);
      killed.signal("SIGKILL");
      await killed.end();
    }
    await settleAll(mail, 1);
    assert.equal(mail.smtp.received().length, 2);
  },
);

/** Runs the program again until that many events are done or dead-lettered. */
async function settleAll(mail: MailProgram, count: number): Promise<void> {
  mail.script();
  Object.assign(mail.program.env, SOON);
  await mail.program.untilReady(count);
  const program = mail.start();
  await program.untilLogged(/connecting to queue/);
  await program.until("all is settled", () => {
    program.signal("SIGUSR2");
    return program.log.some(({ processed, failed }) =>
      Number(processed) + Number(failed) === count
    );
  });
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
}

async function publishBoth({ program, people }: MailProgram): Promise<void> {
  const deactivate = {
    template_prefix: "zerver/emails/deactivate",
    context: { realm_name: "Analytical Engines", realm_url: "https://engines.zulip.example" },
  };
  const events = [RESET, deactivate].map((event, index) => ({
    body: JSON.stringify({ ...event, to_user_ids: [people.charles] }),
    properties: { message_id: `mail-${index}` },
  }));
  await pikaPublish(program.url, QUEUE, events);
}

/** Holds what the program says to the SMTP server from an answer of the server on. */
async function heldAt(mail: MailProgram, held: AsyncDisposableStack, answer: RegExp) {
  const wires = held.use(new HeldWire(mail.smtp.ports.plain, answer));
  const program = mail.start([], {
    ...BOTH,
    EMAIL_PORT: String(wires.port),
    EMAIL_USE_TLS: "false",
  });
  await program.until("something is held", () => wires.hasHeld);
  await mail.untilStates("started", "started");
  return program;
}

async function unanswered(mail: MailProgram): Promise<Program> {
  mail.script({ data: "silent" });
  const program = mail.start([], BOTH);
  await mail.smtp.mails(2);
  return program;
}

/**
 * The mails are begun, and the SMTP server does nothing until it is thawed. What the program says to
 * RabbitMQ from then on is held: an event can be acknowledged before its mail is recorded.
 */
async function frozen(mail: MailProgram, held: AsyncDisposableStack, count: number) {
  const { url } = mail.program;
  const wire = held.use(new HeldWire(Number(new URL(url).port)));
  const AMQP_URL = Object.assign(new URL(url), { port: String(wire.port) }).href;
  mail.smtp.freeze();
  held.defer(() => mail.smtp.thaw());
  const program = mail.start([], { ...BOTH, AMQP_URL });
  await mail.untilStates(...Array(count).fill("started"));
  wire.isHeld = true;
  return { program, wire };
}

/** The records are locked, so that what the server answers cannot be written. */
async function unrecorded(mail: MailProgram, held: AsyncDisposableStack): Promise<Program> {
  const { program } = await frozen(mail, held, 2);
  const lock = await mail.db.startTransaction().execute();
  held.defer(async () => void await lock.rollback().execute());
  await sql`lock table process_queue_effect in exclusive mode`.execute(lock);
  mail.smtp.thaw();
  await mail.smtp.mails(2);
  await untilOneWaits(mail.db);
  return program;
}

/** The mails are recorded. */
async function unacknowledged(
  mail: MailProgram,
  held: AsyncDisposableStack,
  count = 2,
): Promise<Program> {
  const { program, wire } = await frozen(mail, held, count);
  mail.smtp.thaw();
  await mail.untilStates(...Array(count).fill("done"));
  await program.until("an acknowledgement is held", () => wire.hasHeld);
  return program;
}

function counts({ smtp }: MailProgram): { resets: number; others: number } {
  const all = smtp.received();
  const resets = all.filter((each) => RESET_SUBJECT.test(rawHeader(each, "Subject") ?? "")).length;
  return { resets, others: all.length - resets };
}

function idOf(mail: ReceivedMail): string | undefined {
  return rawHeader(mail, "Message-ID");
}

/** The second mail is a dead letter that says so, and is sent when it is put back. */
async function assertReported(mail: MailProgram, others: number): Promise<void> {
  const { stdout } = await mail.program.run(["failed", "list", QUEUE]);
  assert.match(stdout.join(" ").replace(/\s+/g, " "), REPORT);
  assert.equal((await mail.program.run(["failed", "retry", QUEUE, "--all", "--yes"])).code, 0);
  // The mail has time on a busy machine, and the process that was killed would have had its own.
  mail.program.env["PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS"] = "60";
  await sql`update process_queue_effect set at = at - 60000`.execute(mail.db);
  assert.equal(await mail.drain(), "done 1, retried 0, failed 0, waiting for retry 0");
  assert.equal(counts(mail).others, others);
}
