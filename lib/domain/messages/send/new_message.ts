/**
 * A message that a worker sends, and its validation.
 *
 * @module
 */

import { firstCodePoints } from "../../database/text.ts";

/** Zulip's MAX_MESSAGE_LENGTH, in code points. */
const MOST_CONTENT = 10_000;
const CUT_CONTENT = "\n[message truncated]";
/** In code points. */
const MOST_TOPIC = 60;
const CUT_TOPIC = "...";

/** Where a message goes. */
export type SendTo =
  | {
    readonly kind: "channel";
    readonly streamId: number;
    /** Empty for messages without a topic. */
    readonly topic: string;
  }
  /** The sender may be among them or not. */
  | { readonly kind: "direct"; readonly userIds: readonly number[] };

/** A message that is to be sent. */
export interface NewMessage {
  readonly senderId: number;
  readonly to: SendTo;
  /** Markdown. */
  readonly content: string;
  /** The name of its `zerver_client`, such as `OutgoingWebhookResponse`. */
  readonly client: string;
  /** A widget, as {@linkcode checkedWidget} returns it. @default {none} */
  readonly widget?: Widget | undefined;
  /** The realm where it goes, if the sender is a bot of the server itself. @default {the sender's} */
  readonly realmId?: number | undefined;
  /** The sender's files that the content links to; their rows are there already. @default {none} */
  readonly uploads?: readonly MessageUpload[] | undefined;
}

/** A file that a message links to. */
export interface MessageUpload {
  /** Zulip's `path_id`. */
  readonly pathId: string;
  readonly name: string;
  /** Where it is a picture, in pixels. */
  readonly picture?: {
    readonly contentType: string;
    readonly width: number;
    readonly height: number;
  } | undefined;
}

/** Buttons and the like that belong to a message. */
export interface Widget {
  readonly widget_type: string;
  readonly extra_data: unknown;
}

/** A message cannot be sent: its text tells the user why, in Zulip's words. Nothing was stored. */
export class SendError extends Error {
  /** Always `SendError`. */
  override readonly name = "SendError";
}

/**
 * The content as it is stored: without blank lines before it and blanks behind it, and of at most
 * 10,000 code points.
 *
 * @throws {SendError} When nothing is left, or it has NUL characters.
 */
export function checkedContent(content: string): string {
  const text = content.toWellFormed().trimEnd().replace(/^\n+/, "");
  if (text.trim() === "") throw new SendError("Message must not be empty");
  if (text.includes("\0")) throw new SendError("Message must not contain null bytes");
  return cut(text, MOST_CONTENT, CUT_CONTENT);
}

/**
 * The topic as it is stored: of at most 60 code points.
 *
 * @throws {SendError} When it has characters that no topic may have.
 */
export function checkedTopic(topic: string): string {
  const text = topic.toWellFormed().trim();
  const at = Array.from(text).findIndex((each) => /\p{Cc}|\p{Cs}|\p{Cn}/u.test(each));
  if (at >= 0) throw new SendError(`Invalid character in topic, at position ${at + 1}!`);
  return cut(text, MOST_TOPIC, CUT_TOPIC);
}

function cut(text: string, most: number, end: string): string {
  if (Array.from(text).length <= most) return text;
  return firstCodePoints(text, most - end.length) + end;
}
