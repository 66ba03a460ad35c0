/**
 * The real program takes mails from other programs, and keeps its promises while the broker cannot be
 * reached.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { makeCertificates } from "../../scripts/rabbitmq/certificates.ts";
import { OWN_TEMPLATE } from "../fixtures/database/shapes.ts";
import { smtplibSend, swaks, whereInstalled } from "../fixtures/interop/clients.ts";
import { addMirrorRows, CHANNEL, REPLY_TOKEN } from "../fixtures/mirror_server/server.ts";
import { Program } from "../fixtures/process/program.ts";
import { type ProgramFixture, withFolder, withHost } from "../fixtures/process/program_fixture.ts";
import { Proxy } from "../fixtures/rabbitmq/proxy.ts";
import { RawSmtp } from "../fixtures/smtp/raw_client.ts";
import { rabbitmqAndCopyTest } from "../servers.ts";

const QUEUE = "email_mirror";
const COMMAND = "email-mirror-server";
const channel = `general.${CHANNEL}@mirror.example`;
const answer = `${REPLY_TOKEN}@mirror.example`;
const ANYWHERE = ["--listen", "127.0.0.1:0"];
const NAME =
  "email-mirror-server takes mails of swaks and smtplib, defers them while the broker is " +
  "unavailable, and ends in order; each becomes one message";

whereInstalled(NAME, () => {
  rabbitmqAndCopyTest(NAME, OWN_TEMPLATE, async ({ rabbitmq, databaseUrl }) => {
    {
      await using db = await openDatabase(databaseUrl);
      await addMirrorRows(db);
    }
    await withHost(rabbitmq, QUEUE, async (fixture) => {
      await using proxy = new Proxy(Number(new URL(fixture.url).port));
      const { caFile, certFile, keyFile } = await makeCertificates(
        fixture.folder,
        Deno.env.toObject(),
      );
      Object.assign(fixture.env, {
        DATABASE_URL: databaseUrl,
        EMAIL_GATEWAY_PATTERN: "%s@mirror.example",
        EXTERNAL_HOST: "zulip.example",
      });
      const program = fixture.start([COMMAND, ...ANYWHERE], {
        AMQP_URL: proxy.url(fixture.url),
        MIRROR_CERT_FILE: certFile,
        MIRROR_KEY_FILE: keyFile,
        PUBLISH_TIMEOUT_SECONDS: "5",
      });
      const port = await portOf(program);
      await takesMails(fixture, port, caFile);
      await defersMails(fixture, port, proxy);
      program.signal("SIGUSR2");
      await program.untilLogged(/^\d clients? connected; mails: 3 accepted, [1-9]\d* deferred/);
      await endsInOrder(program, port);
      const log = program.log.map((line) => JSON.stringify(line)).join("\n");
      for (const secret of [CHANNEL, REPLY_TOKEN, "ada@example.com"]) {
        assert.ok(!log.includes(secret), secret);
      }
      await becomeMessages(fixture, databaseUrl);
    });
  });
});

/** Of a mail to two, one of whom is not known, one event is published, and of another two. */
async function takesMails(fixture: ProgramFixture, port: number, caFile: string): Promise<void> {
  const conversation = await swaks([
    ...["--server", `127.0.0.1:${port}`, "-tls", "--tls-ca-path", caFile, "--from", "<>"],
    ...["--to", `${channel},${answer}`, "--body", "a\n.\nb"],
  ]);
  assert.match(conversation, /TLS started[^]*<~ +250 2\.6\.0 OK\r?\n/);
  const nobody = "nobody@mirror.example";
  const refused = await smtplibSend(port, caFile, [nobody, channel], "Subject: c\r\n\r\nd\r\n");
  assert.match(refused, /^\{'nobody@mirror\.example': \(550, b'5\.1\.1 Bad destination mailbox/);
  const events = await taken(fixture, 3);
  assert.deepEqual(events.map(({ to }) => to), [channel, answer, channel]);
  assert.match(events[0]?.mail ?? "", /^Return-Path: <>\r\n[^]*\r\n\r\na\r\n\.\r\nb\r\n/);
  assert.match(events[2]?.mail ?? "", /with ESMTPS id [^]*\r\nSubject: c\r\n\r\nd\r\n$/);
}

/** The broker goes after a recipient was taken, and before the mail ends. */
async function defersMails(fixture: ProgramFixture, port: number, proxy: Proxy): Promise<void> {
  using client = await RawSmtp.greeted(port);
  await client.say("MAIL FROM:<ada@example.com>");
  assert.equal(await client.say(`RCPT TO:<${channel}>`), "250 Accepted");
  assert.match(await client.say("DATA"), /^354/);
  const mail = "Message-ID: <1@example.com>\r\n\r\ne";
  await client.send(mail);
  proxy.refusing = /./;
  proxy.cut();
  await client.send("\r\n.\r\n");
  const deferred = "451 4.3.0 The mail could not be queued, try again later";
  assert.equal(await client.reply(), deferred);
  assert.equal(await fixture.client.ready(QUEUE), 0);
  proxy.refusing = undefined;
  let end = deferred;
  while (end === deferred) end = (await client.transact([channel], mail)).at(-1) ?? "";
  assert.equal(end, "250 2.6.0 OK");
}

async function endsInOrder(program: Program, port: number): Promise<void> {
  using client = await RawSmtp.greeted(port);
  await client.say("MAIL FROM:<ada@example.com>");
  await client.say(`RCPT TO:<${answer}>`);
  await client.say("DATA");
  program.signal("SIGTERM");
  await program.untilLogged(/^No more mails are taken/);
  await client.send("\r\nf\r\n.\r\n");
  assert.equal(await client.reply(), "250 2.6.0 OK");
  client[Symbol.dispose]();
  assert.equal((await program.end()).code, 0);
}

/** The worker makes one message of each mail, however often it was published. */
async function becomeMessages(fixture: ProgramFixture, databaseUrl: string): Promise<void> {
  const worker = await fixture.drain({ LOCAL_UPLOADS_DIR: fixture.folder });
  assert.equal(worker.code, 0);
  await using db = await openDatabase(databaseUrl);
  const rows = await db.selectFrom("zerver_message").select("content").execute();
  assert.deepEqual(rows.map(({ content }) => content.trim()).sort(), ["Hello", "e", "f"]);
}

/** Takes this many events out of the queue. */
async function taken({ client }: ProgramFixture, count: number) {
  const events = [];
  for (let n = 0; n < count; n++) {
    const message = await client.take(QUEUE);
    assert.ok(message, `event ${n + 1} of ${count}`);
    const { rcpt_to: to, msg_base64 } = JSON.parse(message.content.toString());
    events.push({ to, mail: atob(msg_base64) });
  }
  return events;
}

async function portOf(program: Program): Promise<number> {
  const { address } = await program.untilLogged(/^Mails are taken at /);
  return Number(String(address).split(":").at(-1));
}

Deno.test("email-mirror-server says what keeps it from taking mails", async () => {
  await withFolder(async (cwd) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${listener.addr.port}`;
    const run = async (env: Record<string, string>) => {
      const all = { BROKER: "embedded", STATE_DIR: `${cwd}/state`, ...env };
      await using program = Program.start([COMMAND, "--listen", address], { cwd, env: all });
      const { code, stderr } = await program.end();
      return { code, last: stderr.at(-1) };
    };
    const [unset, taken] = await Promise.all([
      run({}),
      run({ EMAIL_GATEWAY_PATTERN: "%s@mirror.example" }),
    ]);
    assert.deepEqual(unset, {
      code: 1,
      last:
        "process-queue: the configuration has a problem: EMAIL_GATEWAY_PATTERN: it is not set, " +
        "so no address takes mail; set it to the addresses that this server takes mail for, such " +
        "as %s@mail.example.com",
    });
    assert.equal(taken.code, 1);
    assert.match(
      taken.last ?? "",
      /^process-queue: --listen 127\.0\.0\.1:\d+ cannot be used: .*EADDRINUSE.*: end the program that/,
    );
  });
});

Deno.test("email-mirror-pipe publishes to the embedded broker, and asks the mail server to try again after any failure", async () => {
  await withFolder(async (cwd) => {
    const DATABASE_URL = `sqlite:${cwd}/test.sqlite`;
    {
      await using db = await openDatabase(DATABASE_URL);
      await addMirrorRows(db);
    }
    const settings = { BROKER: "embedded", STATE_DIR: `${cwd}/state`, DATABASE_URL };
    const run = async (env: Record<string, string>, ...args: string[]) => {
      const options = { cwd, env: { ...settings, ...env }, input: "Subject: a\n\nb\n" };
      await using program = Program.start(["email-mirror-pipe", ...args], options);
      return (await program.end()).code;
    };
    const EMAIL_GATEWAY_PATTERN = "%s@mirror.example";
    const codes = await Promise.all([
      run({ EMAIL_GATEWAY_PATTERN }, channel),
      run({}, channel),
      run({ EMAIL_GATEWAY_PATTERN }, "--log-level", "none", channel),
    ]);
    assert.deepEqual(codes, [0, 75, 75]);
    await using broker = await openSqliteBroker({ stateDir: `${cwd}/state` });
    assert.equal((await broker.peek(QUEUE, 10)).length, 1);
  });
});
