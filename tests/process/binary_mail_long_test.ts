/** Mails are sent and taken by the compiled binary. */
import assert from "node:assert/strict";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { addPeople } from "../fixtures/mail/people.ts";
import { RESET } from "../fixtures/mail/worker.ts";
import { binaryTest, type Installed, isBinaryMissing } from "../fixtures/process/binary.ts";
import { addMirrorRows, CHANNEL } from "../fixtures/mirror_server/server.ts";
import { RawSmtp } from "../fixtures/smtp/raw_client.ts";
import { readMail, useSmtp } from "../fixtures/smtp/smtp.ts";

const LOGIN = { user: "zulip", password: "s3same" };

if (!isBinaryMissing) {
  const smtp = useSmtp();
  for (const way of [[], ["--inline"]]) {
    binaryTest(`the binary sends a mail over STARTTLS ${way}`, async (installed) => {
      const server = smtp();
      server.script({ login: LOGIN });
      const charles = await makeDatabase(installed);
      Deno.writeTextFileSync(`${installed.folder}/ca.pem`, server.ca);
      Object.assign(installed.env, {
        EXTERNAL_HOST: "zulip.example",
        EMAIL_HOST: "127.0.0.1",
        EMAIL_PORT: String(server.ports.startTls),
        EMAIL_USE_TLS: "true",
        EMAIL_CA_FILE: `${installed.folder}/ca.pem`,
        EMAIL_HOST_USER: LOGIN.user,
        EMAIL_HOST_PASSWORD: LOGIN.password,
      });
      const event = JSON.stringify({ ...RESET, to_user_ids: [charles] });
      await installed.ok("publish", "email_senders", event);
      const [last] = await installed.ok("--queue_name", "email_senders", "--drain", ...way);
      assert.equal(last, "done 1, retried 0, failed 0, waiting for retry 0");
      const [mail] = await server.mails(1);
      assert(mail);
      assert.deepEqual([mail.isSecure, mail.user], [true, LOGIN.user]);
      const { subject, text, html } = await readMail(mail);
      assert.equal(subject, "Password reset request for Analytical Engines");
      assert(text?.includes(RESET.context.reset_url));
      assert(html?.includes(RESET.context.reset_url));
    });
  }

  binaryTest("the binary takes mails for the mail mirror, and ends in order", async (installed) => {
    const DATABASE_URL = `sqlite:${installed.folder}/mirror.sqlite`;
    {
      await using db = await openDatabase(DATABASE_URL);
      await addMirrorRows(db);
    }
    Object.assign(installed.env, { DATABASE_URL, EMAIL_GATEWAY_PATTERN: "%s@mirror.example" });
    await using program = installed.start("email-mirror-server", "--listen", "127.0.0.1:0");
    const { address } = await program.untilLogged(/^Mails are taken at /);
    using client = await RawSmtp.greeted(Number(String(address).split(":").at(-1)));
    const to = `general.${CHANNEL}@mirror.example`;
    const answers = await client.transact([to], "Subject: a\r\n\r\nb");
    assert.deepEqual(answers, ["250 Accepted", "250 2.6.0 OK"]);
    client[Symbol.dispose]();
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
}

/** Makes the database with people. @returns A user. */
async function makeDatabase({ folder, env }: Installed): Promise<number> {
  const url = `sqlite:${folder}/people.sqlite`;
  env["DATABASE_URL"] = url;
  await migrateDatabase(url);
  await using db = await openDatabase(url);
  return (await addPeople(db)).charles;
}
