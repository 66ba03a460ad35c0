/**
 * The bytes of a mail.
 *
 * @module
 */

import { createTransport, type SendMailOptions } from "nodemailer";
import type { Mail } from "./compose.ts";
import type { Letter } from "./smtp_session.ts";
import type { DkimSettings } from "./smtp_settings.ts";

/**
 * A function that writes mails. It reads neither files nor URLs.
 *
 * @param dkim Signs each mail.
 */
export function letterWriter(dkim?: DkimSettings): (mail: Mail) => Promise<Letter> {
  const writer = createTransport({
    streamTransport: true,
    buffer: true,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim && {
      dkim: {
        domainName: dkim.domain,
        keySelector: dkim.selector,
        privateKey: dkim.privateKey,
      },
    }),
  });
  return async (mail) => {
    const { envelope, message } = await writer.sendMail(optionsOf(mail));
    const bytes = message as Buffer;
    return { envelope: { ...envelope, size: bytes.length }, message: bytes };
  };
}

/** The mail as nodemailer takes it. Recipients are objects, because texts would be parsed. */
function optionsOf(mail: Mail): SendMailOptions {
  const { sender, recipients, from, to, replyTo, messageId, subject, date, text, html } = mail;
  return {
    envelope: {
      from: { name: "", address: sender },
      to: recipients.map((address) => ({ name: "", address })),
    },
    from: { ...from },
    to: to.map((each) => ({ ...each })),
    ...(replyTo && { replyTo: { ...replyTo } }),
    ...(messageId !== undefined && { messageId }),
    ...{ subject, date, text, html, headers: { ...mail.headers } },
    ...(mail.attached && { attachments: [attachment(mail.attached)] }),
  };
}

function attachment(mail: Uint8Array) {
  const content = Buffer.from(mail.buffer, mail.byteOffset, mail.length);
  return { filename: "mail.eml", contentType: "message/rfc822", content };
}
