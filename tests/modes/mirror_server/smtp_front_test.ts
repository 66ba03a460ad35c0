import assert from "node:assert/strict";
import { REPLY } from "../../../lib/modes/mirror_server/replies.ts";
import { frontTest } from "../../fixtures/mirror_server/front.ts";
import { RawSmtp } from "../../fixtures/smtp/raw_client.ts";
import { until } from "../../fixtures/until.ts";

frontTest("SmtpFront announces its limits, and neither a login nor STARTTLS", {}, async (bench) => {
  using client = await RawSmtp.open(bench.port);
  assert.equal(await client.reply(), "220 mx.example ESMTP");
  assert.equal(
    await client.say("EHLO client.example"),
    "250-mx.example\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n250 SIZE 1000",
  );
  for (const command of ["AUTH PLAIN AGEAYg==", "STARTTLS", "WIZ a", "XCLIENT NAME=a"]) {
    assert.match(await client.say(command), /^500 /, command);
  }
});

frontTest("SmtpFront answers pipelined commands in their order", {}, async (bench) => {
  using client = await RawSmtp.open(bench.port);
  assert.match(await client.reply(), /^220 /);
  await client.send(
    "EHLO [127.0.0.1]\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<no@x.example>\r\n" +
      "RCPT TO:<ok1@x.example>\r\nRCPT TO:<ok2@x.example>\r\nDATA\r\n",
  );
  const codes = [];
  for (let n = 0; n < 6; n++) codes.push((await client.reply()).slice(0, 3));
  assert.deepEqual(codes, ["250", "250", "550", "250", "250", "354"]);
  await client.send("Subject: a\r\n\r\n..b\r\n.\r\nNOOP\r\nQUIT\r\n");
  assert.deepEqual(
    [await client.reply(), await client.reply(), await client.rest()],
    ["250 2.6.0 OK", "250 OK", "221 Bye\n"],
  );
  const [mail] = bench.taken;
  assert.equal(new TextDecoder().decode(mail?.bytes), "Subject: a\r\n\r\n.b\r\n");
  assert.deepEqual(mail?.targets, [
    { kind: "mirror", address: "ok1@x.example", realm: 1 },
    { kind: "mirror", address: "ok2@x.example", realm: 1 },
  ]);
  const { session: _, ...origin } = mail?.origin ?? {};
  assert.deepEqual(origin, {
    sender: "a@example.com",
    helo: "[127.0.0.1]",
    client: "127.0.0.1",
    protocol: "ESMTP",
  });
  assert.deepEqual(bench.refused, ["recipient 550"]);
});

frontTest("SmtpFront refuses a mail that is too large, and takes the next", {}, async (bench) => {
  using client = await RawSmtp.greeted(bench.port);
  assert.match(await client.say("MAIL FROM:<a@example.com> SIZE=1001"), /^552 /);
  const large = `Subject: a\r\n\r\n${"x".repeat(998)}`;
  assert.deepEqual((await client.transact(["ok@x.example"], large)).slice(1), [
    "552 5.3.4 The mail is too large: at most 1000 bytes are taken",
  ]);
  assert.deepEqual(bench.taken, []);
  assert.deepEqual((await client.transact(["ok@x.example"], "\r\nb")).slice(1), ["250 2.6.0 OK"]);
  assert.equal(bench.taken.length, 1);
});

frontTest(
  "SmtpFront defers mails for which it has no room, and has it again when a mail is answered",
  { maxBytes: 9000 },
  async (bench) => {
    const answered = Promise.withResolvers<typeof REPLY.accepted>();
    bench.answer = () => answered.promise;
    const mail = `\r\n${"x".repeat(7000)}`;
    using first = await RawSmtp.greeted(bench.port);
    using second = await RawSmtp.greeted(bench.port);
    const waits = first.transact(["ok@x.example"], mail);
    await until("the first mail is there", () => bench.taken.length === 1);
    assert.deepEqual((await second.transact(["ok@x.example"], mail)).slice(1), [
      "452 4.3.1 Too many mails are being received, try again later",
    ]);
    answered.resolve(REPLY.accepted);
    assert.deepEqual((await waits).slice(1), ["250 2.6.0 OK"]);
    assert.deepEqual((await second.transact(["ok@x.example"], mail)).slice(1), ["250 2.6.0 OK"]);
    assert.equal(bench.room.free, 10_000);
  },
);

frontTest(
  "SmtpFront bounds recipients, refused recipients and clients",
  { maxRecipients: 2, maxRefused: 2, maxConnections: 2 },
  async (bench) => {
    using client = await RawSmtp.greeted(bench.port);
    await client.say("MAIL FROM:<a@example.com>");
    const to = async (name: string) => await client.say(`RCPT TO:<${name}@x.example>`);
    assert.match(await to("ok1"), /^250/);
    assert.match(await to("ok2"), /^250/);
    assert.match(await to("ok2"), /^250/);
    assert.match(await to("ok3"), /^452 /);
    assert.match(await client.mail("\r\nb"), /^250/);
    assert.equal(bench.taken[0]?.targets.length, 2);
    using _second = await RawSmtp.greeted(bench.port);
    using third = await RawSmtp.open(bench.port);
    assert.match(await third.rest(), /^421 mx.example Too many connected clients/);
    await client.say("MAIL FROM:<a@example.com>");
    assert.match(await to("no1"), /^550/);
    assert.match(await to("no2"), /^550/);
    assert.equal(await to("no3"), "421 4.7.0 Too many recipients were refused, closing");
    assert.equal(await client.rest(), "");
  },
);

frontTest("SmtpFront ends a session with a line that never ends", {}, async (bench) => {
  using client = await RawSmtp.greeted(bench.port);
  await client.send("NOOP ".padEnd(5000, "x"));
  assert.match(await client.rest(), /^421 Error: Command line too long/);
});

frontTest("SmtpFront ends a session of HTTP", {}, async (bench) => {
  using client = await RawSmtp.greeted(bench.port);
  await client.send("POST / HTTP/1.1\r\nHost: a\r\n\r\nMAIL FROM:<a@example.com>\r\n");
  assert.match(await client.rest(), /^421 HTTP requests not allowed\n$/);
});

frontTest("SmtpFront ends a session that is silent", { idleMs: 150 }, async (bench) => {
  using client = await RawSmtp.open(bench.port);
  assert.match(await client.rest(), /421 Timeout - closing connection\n$/);
});

frontTest("SmtpFront ends a session that lasts too long", { sessionMs: 300 }, async (bench) => {
  using client = await RawSmtp.open(bench.port);
  assert.match(await client.rest(), /421 4.4.2 The session took too long, closing\n$/);
  assert.deepEqual(bench.refused, ["session 421"]);
});

frontTest(
  "SmtpFront ends a session whose mail takes too long, and forgets what it has of the mail",
  { mailMs: 300 },
  async (bench) => {
    using client = await RawSmtp.greeted(bench.port);
    await client.say("MAIL FROM:<a@example.com>");
    await client.say("RCPT TO:<ok@x.example>");
    assert.match(await client.say("DATA"), /^354/);
    await client.send("Subject: a\r\n\r\n");
    assert.equal(await client.rest(), "421 4.4.2 The mail took too long, closing\n");
    assert.deepEqual(bench.taken, []);
    client[Symbol.dispose]();
    await until("its bytes are free", () => bench.room.free === 10_000);
  },
);

frontTest("SmtpFront forgets the mail of a client that goes in its middle", {}, async (bench) => {
  const client = await RawSmtp.greeted(bench.port);
  await client.say("MAIL FROM:<a@example.com>");
  await client.say("RCPT TO:<ok@x.example>");
  await client.say("DATA");
  await client.send("x".repeat(500));
  await until("some of it is there", () => bench.room.free < 10_000);
  client[Symbol.dispose]();
  await until("the client has gone", () => bench.errors.length > 0);
  assert.equal(bench.room.free, 10_000);
  assert.deepEqual([bench.taken, bench.refused], [[], []]);
});

frontTest(
  "SmtpFront defers what a fault of the program keeps from being decided",
  { onRecipient: (address) => Promise.reject(new TypeError(address)) },
  async (bench) => {
    using client = await RawSmtp.greeted(bench.port);
    await client.say("MAIL FROM:<a@example.com>");
    assert.equal(
      await client.say("RCPT TO:<ok@x.example>"),
      "451 4.3.0 Error in the server, try again later",
    );
    assert.match(String(bench.errors[0]), /TypeError/);
  },
);

frontTest(
  "SmtpFront takes senders that RFC 5321 does not have, and domains in ASCII",
  {},
  async (bench) => {
    using client = await RawSmtp.greeted(bench.port);
    assert.match(await client.say("MAIL FROM:<ilo.@example.com>"), /^250/);
    assert.match(await client.say("RCPT TO:<ok@xn--bcher-kva.example>"), /^250/);
    assert.match(await client.mail("\r\nb"), /^250/);
    assert.match(await client.say("MAIL FROM:<>"), /^250/);
    assert.match(await client.say("RCPT TO:<postmaster>"), /^550/);
    assert.match(await client.say("RCPT TO:<ok@x.example\u0000>"), /^501/);
    const [target] = bench.taken[0]?.targets ?? [];
    assert.deepEqual(target, { kind: "mirror", address: "ok@xn--bcher-kva.example", realm: 1 });
  },
);

frontTest(
  "SmtpFront stops: it answers the mail that is being received, and ends all other sessions",
  {},
  async (bench) => {
    using sending = await RawSmtp.greeted(bench.port);
    using idle = await RawSmtp.greeted(bench.port);
    await sending.say("MAIL FROM:<a@example.com>");
    await sending.say("RCPT TO:<ok@x.example>");
    await sending.say("DATA");
    await sending.send("Subject: a\r\n\r\n");
    await until("it is being received", () => bench.room.free < 10_000);
    const stopped = bench.stop();
    const goodbye = "421 4.3.2 The server is stopping, try again later\n";
    assert.equal(await idle.rest(), goodbye);
    await assert.rejects(RawSmtp.open(bench.port));
    await sending.send("b\r\n.\r\n");
    assert.equal(await sending.rest(), `250 2.6.0 OK\n${goodbye}`);
    sending[Symbol.dispose]();
    idle[Symbol.dispose]();
    await stopped;
    assert.equal(bench.taken.length, 1);
    assert.deepEqual(bench.refused, []);
  },
);

frontTest(
  "SmtpFront ends a mail that a stop has waited for long enough",
  { graceMs: 200 },
  async (bench) => {
    using sending = await RawSmtp.greeted(bench.port);
    await sending.say("MAIL FROM:<a@example.com>");
    await sending.say("RCPT TO:<ok@x.example>");
    await sending.say("DATA");
    const stopped = bench.stop();
    assert.equal(await sending.rest(), "421 Server shutting down\n");
    sending[Symbol.dispose]();
    await stopped;
    assert.deepEqual(bench.taken, []);
  },
);
