import assert from "node:assert/strict";
import type { SendResult } from "../../../lib/domain/mail/outcome.ts";
import { MailTransport } from "../../../lib/domain/mail/transport.ts";
import { Postmaster, type PostmasterOptions } from "../../../lib/modes/mirror_server/postmaster.ts";
import { REPLY } from "../../../lib/modes/mirror_server/replies.ts";
import { readMail, smtpTest } from "../../fixtures/smtp/smtp.ts";

const mail = new TextEncoder().encode(
  "From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
    "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
    "Hellö, where are my mails?\r\n.\r\nFrom here\r\n",
);

function postmasterWith(send: PostmasterOptions["send"]) {
  const lines: string[] = [];
  const postmaster = new Postmaster({
    to: "admin@else.example",
    noReply: "noreply@zulip.example",
    name: "zulip.example",
    timeZone: "UTC",
    log: (level, message, { reason }) => lines.push(`${level} ${message} ${reason}`),
    send,
  });
  return { postmaster, lines };
}

smtpTest(
  "Postmaster forwards a mail whole, as an attachment, with Zulip's subject",
  async (smtp) => {
    const transport = new MailTransport({
      host: "127.0.0.1",
      port: smtp.ports.plain,
      encryption: "none",
      timeoutSeconds: 60,
    });
    try {
      const { postmaster } = postmasterWith((mail, signal) => transport.send(mail, signal));
      assert.equal(await postmaster.forward(mail), REPLY.accepted);
      const [received] = await smtp.mails(1);
      assert.ok(received);
      assert.deepEqual(received.recipients, ["admin@else.example"]);
      const read = await readMail(received);
      assert.equal(read.subject, "Mail to postmaster: Grüße");
      assert.equal(read.from?.address, "noreply@zulip.example");
      assert.match(read.text ?? "", /^zulip\.example has received the attached mail/);
      assert.ok(received.raw.includes(new TextDecoder("latin1").decode(mail)));
      const bytes = Uint8Array.from(received.raw, (byte) => byte.charCodeAt(0));
      assert.equal(await postmaster.forward(bytes), REPLY.loop);
      assert.equal((await smtp.mails(1)).length, 1);
    } finally {
      await transport.close();
    }
  },
);

Deno.test("Postmaster defers a mail that was not taken, and logs why", async () => {
  const cases: readonly (readonly [SendResult, RegExp])[] = [
    [{ kind: "not-sent", cause: "network", reason: "mail:25 does not answer in time" }, /in time$/],
    [{ kind: "unknown", reason: "mail:25 said nothing" }, /said nothing$/],
    [
      {
        kind: "answered",
        recipients: [{
          ...{
            kind: "refused",
            isForGood: true,
            isOfMail: false,
            code: 550,
            words: "no such user",
          },
        }],
      },
      /the SMTP server refused it \(550 no such user\)$/,
    ],
  ];
  for (const [result, reason] of cases) {
    const { postmaster, lines } = postmasterWith(() => Promise.resolve(result));
    assert.equal(await postmaster.forward(mail), REPLY.noPostmaster);
    assert.match(
      lines[0] ?? "",
      /^error Mail to postmaster was not forwarded to MIRROR_POSTMASTER/,
    );
    assert.match(lines[0] ?? "", reason);
  }
});

Deno.test("Postmaster forwards a mail without a subject, and one that is no mail", async () => {
  for (const text of ["", "\r\nbody", "\0\u00ff", "Subject:\r\n\r\n"]) {
    const subjects: string[] = [];
    const { postmaster } = postmasterWith(({ subject }) => {
      subjects.push(subject);
      return Promise.resolve({ kind: "answered", recipients: [{ kind: "accepted" }] });
    });
    assert.equal(await postmaster.forward(new TextEncoder().encode(text)), REPLY.accepted);
    assert.deepEqual(subjects, ["Mail to postmaster:"]);
  }
});
