import assert from "node:assert/strict";
import { SmtpFixture, smtpTest } from "../../fixtures/smtp/smtp.ts";
import { until } from "../../fixtures/until.ts";
import { aMail, mailTo, settingsFor, TransportUnderTest } from "./mails.ts";

const DELIVERED = { kind: "answered", recipients: [{ kind: "accepted" }] };
const CLOSED = {
  kind: "not-sent",
  cause: "aborted",
  reason: "The connection to the mail server was closed here",
};
const STOPPED = { kind: "not-sent", cause: "aborted", reason: "Sending was stopped" };

Deno.test("A connection that its server cut while idle is made again", async () => {
  await using smtp = await SmtpFixture.start();
  await using transport = new TransportUnderTest(settingsFor(smtp));
  assert.deepEqual(await transport.send(), DELIVERED);
  await smtp.kill();
  const { kind, cause } = { cause: undefined, ...await transport.send() };
  assert.deepEqual({ kind, cause }, { kind: "not-sent", cause: "network" });
  await smtp.start();
  assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal((await smtp.mails(2)).length, 2);
});

Deno.test("A mail goes out at once when its server was restarted since the one before", async () => {
  await using smtp = await SmtpFixture.start();
  await using transport = new TransportUnderTest(settingsFor(smtp));
  assert.deepEqual(await transport.send(), DELIVERED);
  await smtp.kill();
  await smtp.start();
  assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal(transport.connections(), 2);
});

smtpTest("A mail goes over a new connection when the kept one takes no more", async (smtp) => {
  smtp.script({ mailsPerConnection: 2 });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  for (let mail = 0; mail < 5; mail++) assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal((await smtp.mails(5)).length, 5);
  assert.equal(transport.connections(), 3);
});

smtpTest("A server that is frozen while a connection is idle is away", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp, { timeoutSeconds: 1 }));
  await until("a first mail is sent", async () => (await transport.send()).kind === "answered");
  smtp.freeze();
  try {
    const settings = settingsFor(smtp);
    assert.deepEqual(await transport.send(), {
      kind: "not-sent",
      cause: "network",
      reason: `${settings.host}:${settings.port} does not answer in time`,
    });
  } finally {
    smtp.thaw();
  }
});

smtpTest("A mail that is stopped before it is out reaches nobody", async (smtp) => {
  smtp.script({ connect: "silent" });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const stop = new AbortController();
  const sending = transport.send(aMail(), stop.signal);
  await until("it is connected", () => transport.connections() === 1);
  stop.abort();
  assert.deepEqual(await sending, STOPPED);
  smtp.forget();
  assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal((await smtp.mails(1)).length, 1);
});

smtpTest("Nobody knows of a mail that is stopped when it is out", async (smtp) => {
  smtp.script({ data: "silent" });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const stop = new AbortController();
  const sending = transport.send(aMail(), stop.signal);
  await smtp.mails(1);
  stop.abort();
  assert.equal((await sending).kind, "unknown");
});

smtpTest("A mail that is stopped while it waits for another disturbs nothing", async (smtp) => {
  smtp.script({ data: "silent" });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const [first, second] = [new AbortController(), new AbortController()];
  const sending = transport.send(mailTo("a@x.example"), first.signal);
  await smtp.mails(1);
  const waiting = transport.send(mailTo("b@x.example"), second.signal);
  const third = transport.send(mailTo("c@x.example"));
  second.abort();
  assert.deepEqual(await waiting, STOPPED);
  smtp.script({});
  first.abort();
  assert.equal((await sending).kind, "unknown");
  assert.deepEqual(await third, DELIVERED);
  const received = await smtp.mails(2);
  assert.deepEqual(received.map(({ recipients }) => recipients[0]), ["a@x.example", "c@x.example"]);
});

smtpTest("A signal that is aborted already sends nothing", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  assert.deepEqual(await transport.send(aMail(), AbortSignal.abort()), STOPPED);
  assert.equal(transport.connections(), 0);
});

smtpTest("close gives up the mail that is being sent and those that wait", async (smtp) => {
  smtp.script({ data: "silent" });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const sending = transport.send();
  await smtp.mails(1);
  const waiting = transport.send();
  await transport.close();
  assert.equal((await sending).kind, "unknown");
  assert.deepEqual(await waiting, CLOSED);
  assert.deepEqual(await transport.send(), CLOSED);
  assert.equal(transport.connections(), 1);
});

smtpTest("close says goodbye to the server", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  await transport.send();
  await transport.close();
  await transport.close();
  assert.match(transport.conversation(), /client: QUIT\nserver: 221 Bye$/m);
});
