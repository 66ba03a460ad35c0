/**
 * The subject of a mail, as a topic. Pure.
 *
 * @module
 */

/** What programs put before the subject of an answer. */
const REPLY = "re|aw|sv|vs|antw|antwort|odp|ynt|res|rif|回复|回覆|答复|返信|رد|отв";
/** What programs put before the subject of a forwarded mail. */
const FORWARD = "fwd?|wg|tr|enc|rv|vl|vb|pd|i̇lt|ilt|doorst|转发|轉寄|転送|πρθ|пер";

const PREFIX = new RegExp(
  `^\\s*([[(]\\s*)?(?:${REPLY}|${FORWARD})(?:\\d{1,3}|\\s*[[(]\\d{1,3}[\\])])?\\s*[:：;]\\s*`,
  "iu",
);
const FORWARDED = new RegExp(`^\\s*[[(]?\\s*(?:${FORWARD})\\s*[:：;]`, "iu");
/** The name of a mailing list, or of a project. */
const TAG = /^\s*\[[^\][]{1,100}\]\s*/;
/** Characters that no topic may have. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cn}]/gu;
/** More than any subject has that people write. */
const MOST = 1000;

/** The topic of a mail without a subject. */
export const NO_SUBJECT = "Email with no subject";

/**
 * The topic of a mail: its subject without the prefixes of answers and forwarded mails, of which only
 * the first 1000 characters count. A topic is cut to its length where the message is sent.
 *
 * @param subject `""` or only prefixes: {@linkcode NO_SUBJECT}.
 */
export function topicOf(subject: string): string {
  const text = subject.slice(0, MOST).toWellFormed().replace(/\s+/g, " ")
    .replaceAll(UNPRINTABLE, "").trim();
  return withoutPrefixes(text) || NO_SUBJECT;
}

/** Whether the subject says that the mail was forwarded. */
export function isForwarded(subject: string): boolean {
  return FORWARDED.test(subject.slice(0, MOST));
}

function withoutPrefixes(subject: string): string {
  const text = strip(subject);
  const [tag = ""] = TAG.exec(text) ?? [];
  return (tag + strip(text.slice(tag.length))).trim();
}

function strip(subject: string): string {
  let text = subject;
  for (let match = PREFIX.exec(text); match; match = PREFIX.exec(text)) {
    text = text.slice(match[0].length);
    // A bracket around all of it, as in `[Fwd: Lunch]`.
    if (match[1] !== undefined) text = text.replace(/\s*[\])]\s*$/, "");
  }
  return text;
}
