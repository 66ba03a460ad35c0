/**
 * What an embedded bot is, and what it may do: code of this program that answers messages.
 *
 * @module
 */

import type { BotMessage } from "../bot_event.ts";

/** A message as a bot gets it: one that mentions it, without that mention at its beginning. */
export interface EmbeddedMessage extends Omit<BotMessage, "content"> {
  readonly content: string;
}

/** A message that a bot sends to a place of its own choice. */
export type EmbeddedSend =
  | {
    readonly type: "stream";
    /** The channel's name. */
    readonly to: string;
    readonly topic: string;
    readonly content: string;
  }
  | {
    readonly type: "private";
    /** The addresses of users. */
    readonly to: readonly string[];
    readonly content: string;
  };

/** What a bot keeps between messages: any JSON. */
export interface BotStorage {
  /** @throws {BotError} When there is no such key. */
  get(key: string): Promise<unknown>;
  /** @throws {BotError} When it would be too much. */
  put(key: string, value: unknown): Promise<void>;
  /** @throws {BotError} When there is no such key. */
  remove(key: string): Promise<void>;
  /** Whether there is such a key. */
  contains(key: string): Promise<boolean>;
}

/** What a bot works with, for one message. */
export interface BotClient {
  readonly id: number;
  readonly fullName: string;
  readonly email: string;
  readonly storage: BotStorage;
  /**
   * Answers where the message came from.
   *
   * @throws {SendError} When it cannot be sent there.
   * @throws {BotQuit} When the bot has sent 20 messages within 5 s.
   */
  sendReply(content: string): Promise<void>;
  /**
   * Sends a message to a place of the bot's own choice.
   *
   * @throws As {@linkcode BotClient.sendReply}.
   */
  sendMessage(message: EmbeddedSend): Promise<void>;
  /**
   * What the bot was configured with.
   *
   * @param options `optional`: whether it may be nothing. @default {false}
   * @throws {BotError} When it is nothing and may not be.
   */
  configInfo(options?: { readonly optional?: boolean }): Promise<Record<string, string>>;
  /** Ends the run, with a warning in the log. */
  quit(reason: string): never;
  /** Does nothing, as in Zulip. */
  react(): void;
  /** Does nothing, as in Zulip. */
  updateMessage(): void;
}

/** A bot. One object serves all messages, so it keeps nothing but in its storage. */
export interface EmbeddedBot {
  /** Runs before each message. @throws What makes the bot unable to work. */
  initialize?(client: BotClient): Promise<void>;
  /** Handles a message. */
  handle(message: EmbeddedMessage, client: BotClient): Promise<void>;
}

/** What a bot asked for is not possible; the text is Zulip's. */
export class BotError extends Error {
  /** Always `BotError`. */
  override readonly name = "BotError";
}

/** A bot has ended its run. */
export class BotQuit extends Error {
  /** Always `BotQuit`. */
  override readonly name = "BotQuit";
}
