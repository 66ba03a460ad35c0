import assert from "node:assert/strict";
import MailComposer, { type MailComposerOptions } from "nodemailer/lib/mail-composer";
import { mimeBytes } from "../../../lib/domain/mail/mime.ts";

const LONG = "A line that is longer than any mail may have, ".repeat(30).trim();

const MAILS: Readonly<Record<string, MailComposerOptions>> = {
  "two short texts": { text: "Hello,\n\n.\n..\nbye\n", html: "<p>Hello</p>\n" },
  "long lines": { text: `${LONG}\n${LONG}`, html: `<p>${LONG}</p>` },
  "letters and spaces that QP encodes": { text: "Größe = 1 \t\n\n ä \n", html: "<p>ß =20 </p> " },
  "letters that base64 encodes": { text: "日本語の手紙\n".repeat(20), html: "<p>Письмо</p>\n" },
  "all kinds of line breaks": { text: "a\rb\r\nc\n\r\n\nd\r", html: "<p>\r\n\n\r</p>\r" },
  "nothing": { text: "", html: "" },
  "one text": { text: "Hello" },
  "a mail within a mail": {
    text: "See below\n",
    html: "<p>See below</p>",
    attachments: [{
      filename: "mail.eml",
      contentType: "message/rfc822",
      content: Buffer.from("Subject: Größe\r\n\r\nHello\r\n"),
    }],
  },
};

for (const [name, options] of Object.entries(MAILS)) {
  Deno.test(`A mail is written as nodemailer writes it: ${name}`, async () => {
    const root = new MailComposer({
      ...{ from: "a@x.example", to: { name: "Größe", address: "b@x.example" }, subject: "日本" },
      ...options,
    }).compile();
    assert.equal(mimeBytes(root).toString(), (await root.build()).toString());
  });
}

Deno.test("A mail whose content is elsewhere is a fault", () => {
  const root = new MailComposer({ text: { path: "/etc/hostname" } }).compile();
  assert.throws(() => mimeBytes(root), TypeError);
});
