/**
 * What the SMTP server for development shows of a mail.
 *
 * @module
 */

import PostalMime from "postal-mime";

/** Who is named on the envelope. */
export interface Envelope {
  readonly recipients: readonly string[];
}

const LINK = /https?:\/\/[^\s<>"')\]]+/g;

/**
 * The lines for a mail: subject, sender, recipients, and each link of its text once. What could
 * control a terminal is left out.
 *
 * @param raw The mail as it was received.
 */
export async function mailLines(raw: Uint8Array, { recipients }: Envelope): Promise<string[]> {
  const { subject, from, text, html } = await PostalMime.parse(raw);
  const links = new Set((text ?? html ?? "").match(LINK));
  const sender = from?.name ? `${from.name} <${from.address}>` : from?.address;
  return [
    subject || "(no subject)",
    `  from ${sender || "(nobody)"}`,
    `  to ${recipients.join(", ")}`,
    ...Array.from(links, (link) => `  ${link}`),
  ].map((line) => line.replaceAll(/\p{Cc}/gu, " "));
}
