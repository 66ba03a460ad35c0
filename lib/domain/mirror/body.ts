/**
 * The message of a mail. Pure.
 *
 * @module
 */

import { firstCodePoints } from "../database/text.ts";
import type { MirrorOptions } from "./address.ts";
import { withoutFooter } from "./footer.ts";
import { htmlToMarkdown } from "./html_to_markdown.ts";
import type { IncomingMail } from "./incoming_mail.ts";
import { QUOTATION_MARK, withoutMarks, withoutQuotations } from "./quotations.ts";
import { NoMessage } from "./no_message.ts";

/** How a mail becomes a message. */
export interface BodyOptions extends MirrorOptions {
  /** The subject, where the message has no topic; it comes before the text. @default {none} */
  readonly subject?: string | undefined;
  /** Whether a mention of the whole channel or topic mentions nobody. @default {false} */
  readonly isQuiet?: boolean;
}

/** Whole channels are mentioned by people, not from outside. */
const WILDCARD = /@\*\*(all|everyone|channel|stream|topic)\*\*/g;

/** What stands where a mail has no text. */
const NO_BODY = "(No email body)";
/** Zulip's MAX_MESSAGE_LENGTH, in code points. */
const MOST = 10_000;
const CUT = "\n[message truncated]";
/** Links of files take so much of a message at most; more links come in further messages. */
const MOST_LINKS = 8_000;
/** Of longer parts only the beginning is read, in UTF-16 units: a message has 10,000 code points. */
const MOST_TEXT = 500_000;
const MOST_HTML = 2_000_000;

/**
 * The messages of a mail: its text with the links of its files, and further messages where there are
 * very many files.
 *
 * @param links In Markdown, one for each file.
 * @throws {NoMessage} When it has no text.
 */
export function mailMessages(
  mail: IncomingMail,
  options: BodyOptions,
  links: readonly string[],
): readonly [string, ...string[]] {
  const shown = (text: string) => options.isQuiet ? text.replaceAll(WILDCARD, "@_**$1**") : text;
  const preamble = shown(preambleOf(mail, options));
  const body = `${shown(textOf(mail, options)).trimEnd()}\n`;
  const [first = [], ...others] = groups(links);
  const postamble = first.length === 0 ? "" : `\n${first.join("\n")}`;
  const room = MOST - length(preamble) - length(postamble);
  return [
    preamble + cut(body.trim() === "" ? NO_BODY : body, room) + postamble,
    ...others.map((group) => group.join("\n")),
  ];
}

/**
 * The text of a mail, without quotations and footers unless they are asked for.
 *
 * @throws {NoMessage} When it has no text.
 */
export function textOf(mail: IncomingMail, options: MirrorOptions): string {
  const { text, html } = partsOf(mail, options);
  if (text === undefined && html === undefined) {
    throw new NoMessage("info", "Unable to find plaintext or HTML message body");
  }
  if (!text && !html) {
    throw new NoMessage("info", "Email has no nonempty body sections; ignoring.");
  }
  const [one = "", other = ""] = options.prefersHtml ? [html, text] : [text, html];
  const chosen = one.trim() === "" ? other || one : one;
  return options.includeFooter ? chosen : withoutFooter(chosen);
}

/** Both parts as they are shown. */
function partsOf(
  mail: IncomingMail,
  { includeQuotes, prefersHtml }: MirrorOptions,
): { readonly text: string | undefined; readonly html: string | undefined } {
  const shown = (part: string) => {
    const clean = part.replaceAll("\0", "").replaceAll("\r\n", "\n").toWellFormed();
    return includeQuotes ? withoutMarks(clean) : withoutQuotations(clean, mail.isReply);
  };
  const plain = () => mail.text === undefined ? undefined : shown(ownSigns(mail.text, MOST_TEXT));
  const html = () => {
    return mail.html === undefined
      ? undefined
      : shown(htmlToMarkdown(ownSigns(mail.html, MOST_HTML)));
  };
  const text = plain();
  return { text, html: prefersHtml || !text?.trim() ? html() : undefined };
}

/** The mark of quotations means nothing where a mail has it. */
function ownSigns(part: string, most: number): string {
  return part.slice(0, most).replaceAll(QUOTATION_MARK, "");
}

function preambleOf(mail: IncomingMail, { showSender, subject }: BodyOptions): string {
  const lines = [
    ...showSender ? [`**From:** ${oneLine(mail.headers("from")[0] ?? "")}`] : [],
    ...subject === undefined ? [] : [`**Subject:** ${subject}`],
  ];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n\n`;
}

function oneLine(text: string): string {
  return firstCodePoints(text.replace(/\s+/g, " ").replaceAll("\0", "").toWellFormed().trim(), 500);
}

/** Links that fit into a message each. */
function groups(links: readonly string[]): string[][] {
  const all: string[][] = [];
  let left = 0;
  for (const link of links) {
    const size = length(link) + 1;
    if (size > left) {
      all.push([]);
      left = MOST_LINKS;
    }
    all.at(-1)?.push(link);
    left -= size;
  }
  return all;
}

function cut(text: string, room: number): string {
  return length(text) <= room ? text : firstCodePoints(text, room - CUT.length) + CUT;
}

function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
