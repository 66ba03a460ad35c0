/**
 * The process with missedmessage_emails is killed at the two points where a mail could be lost or
 * doubled: while the transaction that makes it is open, and between its commit and the publish.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sql } from "kysely";
import { untilOneWaits } from "../fixtures/database/locks.ts";
import { TestRealm } from "../fixtures/database/realm.ts";
import { HeldWire } from "../fixtures/held_wire.ts";
import { type MailProgram, mailProgramTest } from "../fixtures/process/mail.ts";
import type { Program } from "../fixtures/process/program.ts";
import { readMail } from "../fixtures/smtp/smtp.ts";
import { until } from "../fixtures/until.ts";

const QUEUE = "missedmessage_emails";

/** A user has missed a message, and its row waits. */
interface Waiting {
  readonly user: number;
  readonly row: number;
  /** The program that will make its mail. */
  readonly program: Program;
}

/** Zulip's event is published, and its row stored: the mail is due in an hour. Starts the program. */
async function wait(mail: MailProgram, env: Record<string, string> = {}): Promise<Waiting> {
  const realm = await TestRealm.make(mail.db, "acme");
  const user = await realm.user("nia", { email_notifications_batching_period_seconds: 3600 });
  const sender = await realm.user("omar");
  const { recipient } = await realm.channel("kitchen", [user, sender]);
  const message = await realm.message(sender, recipient, [user], { subject: "lunch" });
  await mail.publish([{ user_profile_id: user, message_id: message, trigger: "mentioned" }], QUEUE);
  await mail.drain(["--queue_name", QUEUE]);
  const [row] = await rows(mail);
  assert(row);
  const program = mail.program.start(["--queue_name", QUEUE], env);
  await program.until("it consumes", async () => {
    return (await mail.program.client.channel.checkQueue(QUEUE)).consumerCount === 1;
  });
  return { user, row, program };
}

/** The ids of the rows that wait. */
async function rows({ db }: MailProgram): Promise<number[]> {
  const found = await db.selectFrom("zerver_scheduledmessagenotificationemail").select("id")
    .execute();
  return found.map(({ id }) => id);
}

/** Makes the mails due. */
async function makeDue({ db }: MailProgram): Promise<void> {
  await db.updateTable("zerver_scheduledmessagenotificationemail")
    .set({ scheduled_timestamp: new Date(Date.now() - 1000) }).execute();
}

/** The ids that events of the outbox have. */
async function outbox({ db }: MailProgram): Promise<string[]> {
  const found = await db.selectFrom("process_queue_outbox").select("message_id").execute();
  return found.map(({ message_id }) => message_id);
}

async function kill(program: Program): Promise<void> {
  program.signal("SIGKILL");
  await program.end();
}

/** Another process takes over; asserts that the user gets one mail, made of the row. */
async function assertOneMail(mail: MailProgram, { user, row }: Waiting): Promise<void> {
  const program = mail.program.start(["--multi_threaded", QUEUE, "email_senders"]);
  await mail.smtp.mails(1);
  await mail.untilStates("done");
  await until("nothing is left", async () => {
    return (await rows(mail)).length + (await outbox(mail)).length === 0;
  });
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  assert.equal(await mail.drain(), "done 0, retried 0, failed 0, waiting for retry 0");
  const [received, ...others] = mail.smtp.received();
  assert(received);
  assert.deepEqual(others, []);
  const { to, subject } = await readMail(received);
  assert.deepEqual([to?.[0]?.address, subject], ["nia@example.com", "#kitchen > lunch"]);
  const keys = await mail.db.selectFrom("process_queue_effect").select("key").execute();
  assert.deepEqual(keys, [{ key: `missed:${row}` }]);
  const profile = await mail.db.selectFrom("zerver_userprofile").select("last_reminder")
    .where("id", "=", user).executeTakeFirst();
  assert(profile?.last_reminder);
}

mailProgramTest(
  "a mail about missed messages that is committed and not published comes once after a kill",
  async (mail) => {
    const { url } = mail.program;
    await using wire = new HeldWire(Number(new URL(url).port));
    const AMQP_URL = Object.assign(new URL(url), { port: String(wire.port) }).href;
    const waiting = await wait(mail, { AMQP_URL });
    wire.isHeld = true;
    await makeDue(mail);
    await waiting.program.until("it is committed", async () => (await rows(mail)).length === 0);
    assert.deepEqual(await outbox(mail), [`missed:${waiting.row}`]);
    await kill(waiting.program);
    // As if 10 s had passed.
    await mail.db.updateTable("process_queue_outbox").set({ at: Date.now() - 60_000 }).execute();
    await assertOneMail(mail, waiting);
  },
);

mailProgramTest(
  "a mail about missed messages whose transaction is open at a kill comes once",
  async (mail) => {
    const waiting = await wait(mail);
    {
      await using held = new AsyncDisposableStack();
      const lock = await mail.db.startTransaction().execute();
      held.defer(async () => void await lock.rollback().execute());
      await sql`lock table process_queue_outbox in exclusive mode`.execute(lock);
      await makeDue(mail);
      await untilOneWaits(mail.db);
      await kill(waiting.program);
    }
    await until("the row is there", async () => (await rows(mail)).length === 1);
    assert.deepEqual(await outbox(mail), []);
    await assertOneMail(mail, waiting);
  },
);
