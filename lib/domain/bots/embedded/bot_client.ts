/**
 * What an embedded bot works with, on the database.
 *
 * @module
 */

import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { MessageSender } from "../../messages/send/message_sender.ts";
import { SendError, type SendTo } from "../../messages/send/new_message.ts";
import { answerTo, type Bot } from "../bot.ts";
import type { BotMessage } from "../bot_event.ts";
import { type BotClient, BotError, BotQuit, type EmbeddedSend } from "./embedded_bot.ts";
import { MessageRate } from "./rate_limit.ts";
import { botConfig, botStorage } from "./storage.ts";

/** What a client is made for. */
export interface ClientOptions {
  readonly db: Database;
  readonly bot: Bot;
  readonly message: BotMessage;
  readonly sender: MessageSender;
  readonly queue: string;
  /** The same whenever the event comes again. */
  readonly id: string;
  /** USER_STATE_SIZE_LIMIT. */
  readonly stateSizeLimit: number;
  readonly signal: AbortSignal;
}

/** The client of messages of embedded bots. */
const CLIENT = "Internal";
const TOO_FAST = "It has sent 20 messages within 5 seconds: does it answer to itself?";

/**
 * Makes the client of one run. The n-th message of a run is known as such: where the event comes
 * again, a database of the program's own does not store it a second time.
 */
export function botClient(options: ClientOptions): BotClient {
  const { db, bot, message, stateSizeLimit } = options;
  const rate = new MessageRate();
  let sent = 0;
  const send = async (to: SendTo, content: string) => {
    if (!rate.allows(performance.now())) throw new BotQuit(TOO_FAST);
    const { sender, queue, id, signal } = options;
    const messages = [{ senderId: bot.id, to, content, client: CLIENT }];
    await sender.send(db, { messages, queue, id: `${id} ${++sent}`, signal });
  };
  return {
    id: bot.id,
    fullName: bot.name,
    email: bot.email,
    storage: botStorage(db, bot.id, stateSizeLimit),
    sendReply: (content) => send(answerTo(message), content),
    sendMessage: async (given) => await send(await placeOf(db, bot, given), given.content),
    async configInfo({ optional = false } = {}) {
      const config = await botConfig(db, bot.id);
      if (!optional && Object.keys(config).length === 0) {
        throw new BotError("No config data available.");
      }
      return config;
    },
    quit(reason) {
      throw new BotQuit(reason);
    },
    react() {},
    updateMessage() {},
  };
}

async function placeOf(db: Database, bot: Bot, message: EmbeddedSend): Promise<SendTo> {
  if (message.type === "private") {
    return { kind: "direct", userIds: await usersOf(db, bot, message.to) };
  }
  const { to: name, topic } = message;
  const row = await db.selectFrom("zerver_stream as stream").select("stream.id")
    .where("stream.realm_id", "=", bot.realmId).where("stream.deactivated", "=", false)
    .where(sql<boolean>`lower(stream.name) = lower(${name})`).executeTakeFirst();
  if (!row) throw new SendError(`Channel '${name}' does not exist`);
  return { kind: "channel", streamId: row.id, topic };
}

async function usersOf(db: Database, bot: Bot, emails: readonly string[]): Promise<number[]> {
  if (emails.length === 0) throw new SendError("Message must have recipients!");
  const ids: number[] = [];
  for (const email of emails) {
    const row = await db.selectFrom("zerver_userprofile as user").select("user.id")
      .where("user.realm_id", "=", bot.realmId)
      .where(sql<boolean>`lower(user.email) = lower(${email})`).executeTakeFirst();
    if (!row) throw new SendError(`Invalid email '${email}'`);
    ids.push(row.id);
  }
  return ids;
}
