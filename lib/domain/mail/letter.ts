/**
 * The bytes of a mail.
 *
 * @module
 */

import DKIM from "nodemailer/lib/dkim";
import MailComposer, { type MailComposerOptions } from "nodemailer/lib/mail-composer";
import type { Mail } from "./compose.ts";
import { mimeBytes } from "./mime.ts";
import type { Letter } from "./smtp_session.ts";
import type { DkimSettings } from "./smtp_settings.ts";

/**
 * A function that writes mails. It reads neither files nor URLs.
 *
 * @param dkim Signs each mail.
 */
export function letterWriter(dkim?: DkimSettings): (mail: Mail) => Promise<Letter> {
  const signer = dkim && new DKIM({
    domainName: dkim.domain,
    keySelector: dkim.selector,
    privateKey: dkim.privateKey,
  });
  return async (mail) => {
    const node = new MailComposer(optionsOf(mail)).compile();
    const bytes = mimeBytes(node);
    const message = signer ? await bytesOf(signer.sign(bytes)) : bytes;
    return { envelope: { ...node.getEnvelope(), size: message.length }, message };
  };
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

/** A line break that is none of SMTP's. */
const BARE_BREAK = /\r(?!\n)|(?<!\r)\n/g;

/** The mail as nodemailer takes it. Recipients are objects, because texts would be parsed. */
function optionsOf(mail: Mail): MailComposerOptions {
  const { sender, recipients, from, to, replyTo, messageId, subject, date } = mail;
  return {
    envelope: {
      from: { name: "", address: sender },
      to: recipients.map((address) => ({ name: "", address })),
    },
    from: { ...from },
    to: to.map((each) => ({ ...each })),
    ...(replyTo && { replyTo: { ...replyTo } }),
    ...(messageId !== undefined && { messageId }),
    ...{ subject, date, headers: { ...mail.headers } },
    text: mail.text.replace(BARE_BREAK, "\r\n"),
    html: mail.html.replace(BARE_BREAK, "\r\n"),
    ...(mail.attached && { attachments: [attachment(mail.attached)] }),
  };
}

function attachment(mail: Uint8Array) {
  const content = Buffer.from(mail.buffer, mail.byteOffset, mail.length);
  return { filename: "mail.eml", contentType: "message/rfc822", content };
}
