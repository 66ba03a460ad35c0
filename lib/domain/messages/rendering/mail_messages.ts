/**
 * The messages of one conversation, as the templates of mails take them.
 *
 * @module
 */

import { counted } from "../../../errors/counted.ts";
import { escapeHtml, startTag } from "./html_edits.ts";
import { walkHtml } from "./html_walk.ts";
import { mailHtml } from "./mail_html.ts";
import type { MailReader } from "./mail_page.ts";
import { mailText, spoilersIn } from "./mail_text.ts";

/** A message of a mail. */
export interface MailMessage {
  readonly id: number;
  readonly senderId: number;
  /** The sender's full name, as the reader may see it. */
  readonly senderName: string;
  /** Markdown. */
  readonly content: string;
  /** HTML; `null` for a message that the server has not rendered. */
  readonly renderedContent: string | null;
  readonly sentAt: Date;
}

/** A name with its address. */
export interface MailLink {
  readonly name: string;
  readonly url: string;
}

/** Where the messages of a mail were sent. */
export type MailPlace =
  | { readonly kind: "channel" }
  /** @property people How many people the conversation has, the reader among them. */
  | { readonly kind: "direct"; readonly people: number };

/** A piece of a mail, for each of its two parts. */
export interface MailPiece {
  readonly plain: string;
  readonly html: string;
}

/** Messages of one sender that follow each other. */
export interface MailSender {
  /** The sender's name; `""` where the mail's subject says who it is. */
  readonly sender: string;
  readonly content: readonly MailPiece[];
}

/** The messages of one conversation. */
export interface MailConversation {
  readonly senders: readonly MailSender[];
  /** The channel and the topic; in digests only. */
  readonly header?: MailPiece;
}

/** A conversation with what the log should say of it. */
export interface MailMessages {
  readonly conversation: MailConversation;
  /** Sentences that name a message. */
  readonly warnings: readonly string[];
}

/** The most people of a conversation whose messages need no name: the reader and one other. */
const PAIR = 2;
/**
 * The most that the messages of a mail take, in UTF-16 units of both parts: mail servers refuse mails
 * of some 10 MB, and a message of 10,000 signs can have hundreds of kB of HTML.
 */
const LARGEST = 2_000_000;
/** A spoiler in the HTML of a message. */
const SPOILER = /\bclass="spoiler-block"/g;

/**
 * Puts messages together for a mail, the oldest first. In place of those with which the mail would get
 * too large stands that Zulip has them.
 *
 * @param messages Messages of one conversation, in any order.
 */
export function mailMessages(
  messages: readonly MailMessage[],
  place: MailPlace,
  reader: MailReader,
): MailMessages {
  const isNamed = place.kind === "channel" || place.people > PAIR;
  const warnings: string[] = [];
  const room = { left: LARGEST, without: 0 };
  const senders = blocks(messages).map((block) => {
    const sender = isNamed ? block[0]?.senderName ?? "" : "";
    const pieces = block.map((message) => fitting(piece(message, reader, warnings), room, reader));
    return { sender, content: pieces.map((one, at) => at === 0 ? named(one, sender) : one) };
  });
  if (room.without > 0) warnings.push(leftOut(room.without));
  return { conversation: { senders }, warnings };
}

/** The heading of a conversation in a digest. @param topic Its name as it is shown. */
export function conversationHeader(channel: MailLink, topic: MailLink): MailPiece {
  const link = (name: string, url: string) =>
    `${startTag("a", [["href", url]])}${escapeHtml(name)}</a>`;
  return {
    plain: `#${channel.name} > ${topic.name}`,
    html: `${link(`#${channel.name}`, channel.url)} &gt; ${link(topic.name, topic.url)}`,
  };
}

/** Messages in the order of time, those of one sender that follow each other together. */
function blocks(messages: readonly MailMessage[]): MailMessage[][] {
  const sorted = messages.toSorted((one, other) =>
    one.sentAt.getTime() - other.sentAt.getTime() || one.id - other.id
  );
  const found: MailMessage[][] = [];
  for (const message of sorted) {
    const last = found.at(-1);
    if (last?.[0]?.senderId === message.senderId) last.push(message);
    else found.push([message]);
  }
  return found;
}

function leftOut(count: number): string {
  return `${counted(count, "message")} left out, as the mail would be too large with more`;
}

/** A message, if there is room for it. */
function fitting(
  one: MailPiece,
  room: { left: number; without: number },
  reader: MailReader,
): MailPiece {
  const size = one.plain.length + one.html.length;
  if (size <= room.left) {
    room.left -= size;
    return one;
  }
  room.without++;
  return unshown(reader);
}

/** A message as a mail shows it. One that cannot be shown keeps nobody from the others. */
function piece(message: MailMessage, reader: MailReader, warnings: string[]): MailPiece {
  try {
    return shown(message, reader, warnings);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warnings.push(`message ${message.id}: it cannot be shown: ${reason}`);
    return unshown(reader);
  }
}

function unshown({ unshownText }: MailReader): MailPiece {
  const text = `(${unshownText})`;
  return { plain: `> ${text}`, html: `<p>${escapeHtml(text)}</p>` };
}

function shown(message: MailMessage, reader: MailReader, warnings: string[]): MailPiece {
  const { content, renderedContent } = message;
  const plain = mailText(content, reader);
  if (renderedContent === null) return { plain, html: unrendered(plain) };
  const { html, warnings: found } = mailHtml(renderedContent, reader);
  warnings.push(...found.map((warning) => `message ${message.id}: ${warning}`));
  return { plain: hidesAll(content, renderedContent) ? plain : unshown(reader).plain, html };
}

/**
 * Whether the text part hides each spoiler that the HTML has. What a fence means can depend on the
 * realm (`default_code_block_language`), which the Markdown does not say.
 */
function hidesAll(content: string, rendered: string): boolean {
  const spoilers = rendered.match(SPOILER)?.length ?? 0;
  return spoilers === 0 || spoilersIn(content) >= spoilers;
}

/** The HTML of a message without any. @param plain Its text part, which shows no spoilers. */
function unrendered(plain: string): string {
  const lines = plain.split("\n").map((line) => escapeHtml(line.slice("> ".length)));
  return `<p>${lines.join("<br>\n")}</p>`;
}

/** A message that says who sent it. */
function named({ plain, html }: MailPiece, sender: string): MailPiece {
  if (sender === "") return { plain, html };
  const name = `<b>${escapeHtml(sender)}</b>:`;
  const at = startOfParagraph(html);
  return {
    plain: `${sender}:\n${plain}`,
    html: at === undefined
      ? `<p>${name}</p>\n${html}`
      : `${html.slice(0, at)}${name} ${html.slice(at)}`,
  };
}

/** Where the text of a paragraph begins that the message begins with. */
function startOfParagraph(html: string): number | undefined {
  let start: number | undefined;
  walkHtml(html, {
    open(element) {
      if (element.name === "p" && html.slice(0, element.start).trim() === "") {
        start = element.contentStart;
      }
      return "stop";
    },
  });
  return start;
}
