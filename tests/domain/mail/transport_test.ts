import assert from "node:assert/strict";
import { rawHeader, readMail, smtpTest } from "../../fixtures/smtp/smtp.ts";
import { aMail, mailTo, PARTS, settingsFor, TransportUnderTest } from "./mails.ts";

const ACCEPTED = { kind: "accepted" };
const DELIVERED = { kind: "answered", recipients: [ACCEPTED] };

smtpTest("A mail is sent over STARTTLS as it was written", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const text = ".\r\n..\nFrom here 名\n.\n";
  assert.deepEqual(await transport.send(aMail({ text, id: "1" })), DELIVERED);
  const [mail] = await smtp.mails(1);
  assert(mail);
  assert.equal(mail.isSecure, true);
  assert.equal(mail.sender, "noreply@zulip.example");
  assert.deepEqual(mail.recipients, ["ada@people.example"]);
  const read = await readMail(mail);
  assert.equal(read.text?.trim().replaceAll("\r", ""), text.trim().replaceAll("\r", ""));
  assert.equal(read.html?.trim(), PARTS.html.trim());
  assert.equal(read.messageId, aMail({ id: "1" }).messageId);
});

smtpTest("Mails go one after another over one connection", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const addresses = ["a@x.example", "b@x.example", "c@x.example"];
  const results = await Promise.all(addresses.map((address) => transport.send(mailTo(address))));
  assert.deepEqual(results, [DELIVERED, DELIVERED, DELIVERED]);
  const received = await smtp.mails(3);
  assert.deepEqual(received.map(({ recipients }) => recipients[0]), addresses);
  assert.equal(transport.connections(), 1);
});

smtpTest("A mail goes to those recipients that the server takes", async (smtp) => {
  smtp.script({
    recipients: {
      "b@x.example": "550 5.1.1 <b@x.example>: Recipient address rejected",
      "c@bücher.example": "450 4.2.1 <c@xn--bcher-kva.example> is over quota",
    },
  });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const mail = mailTo("a@x.example", "b@x.example", "c@bücher.example");
  assert.deepEqual(await transport.send(mail), {
    kind: "answered",
    recipients: [
      ACCEPTED,
      {
        kind: "refused",
        isForGood: true,
        isOfMail: false,
        code: 550,
        words: "5.1.1 <recipient 2>: Recipient address rejected",
      },
      {
        kind: "refused",
        isForGood: false,
        isOfMail: false,
        code: 450,
        words: "4.2.1 <recipient 3> is over quota",
      },
    ],
  });
  const [received] = await smtp.mails(1);
  assert.deepEqual(received?.recipients, ["a@x.example"]);
});

smtpTest("Each recipient has a result of its own where all are refused", async (smtp) => {
  smtp.script({
    recipients: { "a@x.example": "550 5.1.1 Unknown", "b@x.example": "451 4.3.0 Try again" },
  });
  await using transport = new TransportUnderTest(settingsFor(smtp));
  assert.deepEqual(await transport.send(mailTo("a@x.example", "b@x.example")), {
    kind: "answered",
    recipients: [
      { kind: "refused", isForGood: true, isOfMail: false, code: 550, words: "5.1.1 Unknown" },
      { kind: "refused", isForGood: false, isOfMail: false, code: 451, words: "4.3.0 Try again" },
    ],
  });
});

smtpTest("A connection goes on after a mail that was refused", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  smtp.script({ recipients: { "a@x.example": "550 5.1.1 Unknown" } });
  await transport.send(mailTo("a@x.example"));
  smtp.script({ data: "554 5.7.1 Spam" });
  assert.deepEqual(await transport.send(), {
    kind: "answered",
    recipients: [{
      kind: "refused",
      isForGood: true,
      isOfMail: true,
      code: 554,
      words: "5.7.1 Spam",
    }],
  });
  smtp.script({});
  assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal(transport.connections(), 1);
  assert.equal((await smtp.mails(1)).length, 1);
});

smtpTest("An address whose local part is not ASCII is sent with SMTPUTF8", async (smtp) => {
  await using transport = new TransportUnderTest(settingsFor(smtp));
  const to = [{ name: "Jürgen", address: "jürgen@bücher.example" }];
  assert.deepEqual(await transport.send(aMail({ to })), DELIVERED);
  assert.deepEqual(await transport.send(mailTo("ada@bücher.example")), DELIVERED);
  const [utf8, ascii] = await smtp.mails(2);
  assert(utf8 && ascii);
  assert.equal(utf8.isSmtpUtf8, true);
  assert.deepEqual(utf8.recipients, ["jürgen@bücher.example"]);
  assert.deepEqual((await readMail(utf8)).to, to);
  assert.equal(ascii.isSmtpUtf8, false);
  assert.equal(rawHeader(ascii, "To"), "ada@xn--bcher-kva.example");
});

smtpTest("verify connects, logs in and keeps the connection for the first mail", async (smtp) => {
  const login = { user: "zulip", password: "s3cret-w0rd" };
  smtp.script({ login });
  await using transport = new TransportUnderTest(settingsFor(smtp, login));
  assert.equal(await transport.verify(), undefined);
  assert.deepEqual(await transport.send(), DELIVERED);
  assert.equal(transport.connections(), 1);
  const [mail] = await smtp.mails(1);
  assert.equal(mail?.user, "zulip");
});

smtpTest("The conversation shows each step, and neither password nor recipient", async (smtp) => {
  const login = { user: "zulip", password: "s3cret-w0rd" };
  smtp.script({ login });
  const settings = settingsFor(smtp, { ...login, clientName: "workers.zulip.example" });
  await using transport = new TransportUnderTest(settings);
  await transport.send();
  const lines = transport.conversation();
  for (
    const line of [
      `connection: Connection established to 127.0.0.1:${smtp.ports.startTls}`,
      "client: EHLO workers.zulip.example",
      "client: STARTTLS",
      "client: AUTH PLAIN ***",
      "server: 235 Authentication successful",
      "client: MAIL FROM:<noreply@zulip.example>",
      "client: RCPT TO:<recipient 1>",
      "client: DATA",
      "client: (the mail, and the dot that ends it)",
      "server: 250 OK: message queued",
    ]
  ) assert(lines.includes(line), `${line} in\n${lines}`);
  const encoded = btoa("\0zulip\0s3cret-w0rd");
  for (const secret of ["s3cret", encoded, "ada@", "4711"]) assert(!lines.includes(secret), secret);
});

smtpTest(
  "A mail that is larger than the server takes is refused for good, unsent",
  async (smtp) => {
    await using transport = new TransportUnderTest(settingsFor(smtp));
    assert.deepEqual(await transport.send(aMail({ html: "<p>large</p>\n".repeat(100_000) })), {
      kind: "answered",
      recipients: [{
        kind: "refused",
        isForGood: true,
        isOfMail: true,
        code: 552,
        words: "5.3.4 The mail is larger than the server takes",
      }],
    });
    assert(!transport.conversation().includes("DATA"));
    assert.deepEqual(await transport.send(), DELIVERED);
  },
);
