/**
 * What a mail server says, without what only the mail's reader may know.
 *
 * @module
 */

import { visible } from "../../errors/visible.ts";
import { firstCodePoints } from "../database/text.ts";
import { addressKey, domainOf } from "./address.ts";
import type { SmtpLogin } from "./smtp_settings.ts";

/** What must not be repeated. */
export interface Confidential {
  /** The addresses of the envelope; each is replaced by `<recipient 1>` and so on. */
  readonly recipients: readonly string[];
  /** Passwords, and their encoded forms; replaced by `***`. */
  readonly secrets: readonly string[];
  /** The texts of the mail: a link of theirs is replaced by `<link>`. */
  readonly texts: readonly string[];
}

/** Longer words of a server are cut, in code points. */
const MAX_WORDS = 300;
/** A shorter local part is found in too many words that mean something else. */
const MIN_LOCAL = 3;
const REPLY_CODE = /^\d{3}[ -]?/gm;
const LINK = /https?:\/\/[^\s<>"']+/gi;
const SPACES = /\s+/g;

/** The text without recipients, secrets and links of the mail. */
export function masked(text: string, { recipients, secrets, texts }: Confidential): string {
  let clean = text;
  for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, "***");
  clean = clean.replace(
    LINK,
    (link) => texts.some((each) => each.includes(link)) ? "<link>" : link,
  );
  return withoutRecipients(clean, recipients);
}

/** A server's reply as one line: without its codes of three digits, masked, at most 300 characters. */
export function serverWords(reply: string, confidential: Confidential): string {
  const words = reply.replace(REPLY_CODE, "").replace(SPACES, " ").trim();
  return firstCodePoints(visible(masked(words, confidential)), MAX_WORDS);
}

/** The forms in which a server may repeat a password that it was sent. */
export function secretForms({ user, password }: SmtpLogin): string[] {
  const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  return [password, base64(`\0${user}\0${password}`), base64(password)];
}

function withoutRecipients(text: string, recipients: readonly string[]): string {
  const numbers = new Map<string, number>();
  recipients.forEach((address, index) => {
    for (const form of formsOf(address)) {
      const key = form.toLowerCase();
      if (!numbers.has(key)) numbers.set(key, index + 1);
    }
  });
  if (numbers.size === 0) return text;
  const longestFirst = [...numbers.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  const forms = new RegExp(
    `<?(?<![\\p{L}\\p{N}])(${longestFirst.join("|")})(?![\\p{L}\\p{N}])>?`,
    "giu",
  );
  return text.replace(forms, (whole, form: string) => {
    const number = numbers.get(form.toLowerCase());
    return number === undefined ? whole : `<recipient ${number}>`;
  });
}

/** An address as it is, with its domain in ASCII, as a part of another address, and its local part. */
function formsOf(address: string): string[] {
  const domain = domainOf(address);
  const local = address.slice(0, address.length - domain.length - 1);
  const forms = [address, addressKey(address), `${local}=${domain}`];
  return local.length < MIN_LOCAL ? forms : [...forms, local];
}
