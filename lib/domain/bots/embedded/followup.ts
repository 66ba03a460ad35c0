/**
 * The embedded bot `followup`: sends messages to a channel where they can be followed up.
 *
 * @module
 */

import type { EmbeddedBot } from "./embedded_bot.ts";

/** The channel, where the configuration names none. */
const CHANNEL = "followup";

const HELP = [
  "This bot keeps messages that somebody has to come back to.",
  "",
  "Write what is to be followed up after a mention of the bot. It is sent to the channel that the",
  `bot is configured with as \`stream\`, by default \`${CHANNEL}\`, with your address as its topic.`,
  "The channel must exist.",
].join("\n");

const EMPTY = "Please specify the message you want to send to followup stream after @mention-bot";

/** Sends each message to a channel. The bot must be configured. */
export const followup: EmbeddedBot = {
  async initialize(client) {
    await client.configInfo();
  },
  async handle({ content, sender }, client) {
    if (content === "") return await client.sendReply(EMPTY);
    if (content === "help") return await client.sendReply(HELP);
    const { stream } = await client.configInfo();
    await client.sendMessage({
      type: "stream",
      to: stream ?? CHANNEL,
      topic: sender.email,
      content: `from ${sender.email}: ${content}`,
    });
  },
};
