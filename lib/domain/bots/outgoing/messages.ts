/**
 * The messages that follow from a verdict. Pure.
 *
 * @module
 */

import type { SentTogether } from "../../messages/send/message_sender.ts";
import { answerTo, type Bot } from "../bot.ts";
import type { BotEvent } from "../bot_event.ts";
import type { Reply } from "./answer.ts";
import { failureText, ownerText } from "./texts.ts";
import type { Failure } from "./verdict.ts";

/** The client of messages of webhooks, as in Zulip. */
const CLIENT = "OutgoingWebhookResponse";

/** What the bot says. */
export function replyMessage({ botId, message }: BotEvent, reply: Reply): SentTogether {
  return { senderId: botId, to: answerTo(message), client: CLIENT, ...reply };
}

/**
 * The messages about a failure, to the chat and to the bot's owner. Each is sent even if the other is
 * refused, such as one to a channel that was deleted.
 *
 * @param messageUrl Where users see the message.
 */
export function failureMessages(
  { botId: senderId, message }: BotEvent,
  bot: Bot,
  { chat, owner, payload }: Failure,
  messageUrl: string,
): SentTogether[] {
  const common = { senderId, client: CLIENT, isOptional: true };
  const messages: SentTogether[] = [
    { ...common, to: answerTo(message), content: failureText(chat) },
  ];
  if (owner === undefined || bot.ownerId === null) return messages;
  const content = ownerText({ messageUrl, botName: bot.name, text: owner, payload });
  return [...messages, { ...common, to: { kind: "direct", userIds: [bot.ownerId] }, content }];
}
