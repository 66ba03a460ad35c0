/**
 * What all mails need is away for a while: the SMTP server, its login, the database. The queue waits,
 * no attempt is counted, and each mail is sent once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { startPostgres } from "../../scripts/postgres.ts";
import { RESET } from "../fixtures/mail/worker.ts";
import { LOGIN, type MailProgram, mailProgramTest, QUEUE } from "../fixtures/process/mail.ts";
import type { Program } from "../fixtures/process/program.ts";
import { rawHeader, SmtpFixture } from "../fixtures/smtp/smtp.ts";

const COUNT = 50;
const DONE = `done ${COUNT}, retried 0, failed 0, waiting for retry 0`;

/** Mails to as many addresses. */
function mails(count: number): object[] {
  return Array.from({ length: count }, (_, n) => ({
    ...RESET,
    ...{ to_emails: [`user-${n}@people.example`], language: "en" },
  }));
}

/** The lines about waiting, without what changes. */
function waits({ log }: Program): string[] {
  return log.map(({ message }) => message).filter((text) => /^Queue .* (waits|takes)/.test(text))
    .map((text) => text.replace(/\d+(\.\d+)? s/g, "N s").replace(/127\.0\.0\.1:\d+/g, "HOST"));
}

/** Each mail has arrived once, and the program has ended well. */
async function assertEachOnce(
  { smtp: shared, program }: MailProgram,
  count = COUNT,
  smtp = shared,
): Promise<void> {
  const received = smtp.received();
  assert.equal(received.length, count);
  assert.equal(new Set(received.map(({ recipients }) => `${recipients}`)).size, count);
  assert.equal(new Set(received.map((each) => rawHeader(each, "Message-ID"))).size, count);
  assert.equal(await program.client.ready(`${QUEUE}.failed`) ?? 0, 0);
}

mailProgramTest(
  "an SMTP server that is away for a while holds mails up, and loses none",
  async (mail) => {
    await using smtp = await SmtpFixture.start();
    await smtp.kill();
    await mail.publish(mails(COUNT));
    const program = mail.start(["--drain"], {
      EMAIL_PORT: String(smtp.ports.startTls),
      EMAIL_CA_FILE: await mail.program.write("own.pem", smtp.ca),
    });
    await program.untilLogged(/^Queue .* waits for SMTP/);
    await smtp.start();
    assert.deepEqual((await program.end()).stdout, [DONE]);
    await assertEachOnce(mail, COUNT, smtp);
    assert.deepEqual(waits(program), [
      `Queue ${QUEUE} waits for SMTP: The connection to HOST failed (connect ECONNREFUSED HOST); ` +
      "it is tried again in N s",
      `Queue ${QUEUE} takes events again; it waited N s for SMTP`,
    ]);
  },
);

mailProgramTest("a wrong password holds mails up, and the log says which setting", async (mail) => {
  mail.script({ login: { ...LOGIN, password: "another" } });
  await mail.publish(mails(COUNT));
  const program = mail.start(["--drain"]);
  await program.untilLogged(/^Queue .* waits for SMTP/);
  mail.script();
  assert.deepEqual((await program.end()).stdout, [DONE]);
  await assertEachOnce(mail);
  const [first = "", ...others] = waits(program);
  assert.match(first, /refuses the login .*: correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD; /);
  assert.equal(others.length, 1);
});

mailProgramTest(
  "a database that is away holds mails up, and no mail is sent twice",
  async (mail) => {
    await using server = await startPostgres();
    await migrateDatabase(server.url);
    await mail.publish(mails(COUNT));
    mail.smtp.freeze();
    const program = mail.start(["--drain"], { DATABASE_URL: server.url });
    {
      await using db = await openDatabase(server.url);
      await program.until("a mail is begun", () => {
        return db.selectFrom("process_queue_effect").select("state").executeTakeFirst();
      });
    }
    await server.stop();
    mail.smtp.thaw();
    await program.untilLogged(/^Queue .* waits for the database/);
    await server.start();
    assert.deepEqual((await program.end()).stdout, [DONE]);
    await assertEachOnce(mail);
    assert.equal(waits(program).length, 2);
  },
);

mailProgramTest(
  "20 mails in a row that are refused make the queue wait, and none is lost",
  async (mail) => {
    const count = 25;
    mail.script({ data: "554 5.7.1 Blocked" });
    await mail.publish(mails(count));
    const program = mail.start(["--drain"]);
    await program.untilLogged(/^Queue .* waits for SMTP: the server refused 20 mails in a row/);
    mail.script();
    assert.deepEqual((await program.end()).stdout, [
      "done 6, retried 0, failed 19, waiting for retry 0",
    ]);
    assert.equal((await mail.program.run(["failed", "retry", QUEUE, "--all", "--yes"])).code, 0);
    assert.equal(await mail.drain(), "done 19, retried 0, failed 0, waiting for retry 0");
    await assertEachOnce(mail, count);
  },
);
