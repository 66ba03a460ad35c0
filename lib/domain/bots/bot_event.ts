/**
 * The event of `outgoing_webhooks` and `embedded_bots`: a message that is for a bot.
 *
 * @module
 */

import { z } from "zod";

/** Why a bot gets a message. */
export type Trigger = "mention" | "direct_message";

/** A user who takes part in direct messages. */
export interface Participant {
  readonly id: number;
  readonly email: string;
  readonly full_name: string;
}

/** A message, as far as bots need its parts. */
export interface BotMessage {
  readonly id: number;
  readonly senderId: number;
  /** Markdown. */
  readonly content: string;
  readonly sender: { readonly name: string; readonly email: string };
  /** Where an answer goes. */
  readonly place:
    | {
      readonly kind: "channel";
      readonly streamId: number;
      readonly name: string;
      readonly topic: string;
    }
    | { readonly kind: "direct"; readonly users: readonly Participant[] };
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** All that the event says of it. */
  readonly all: Readonly<Record<string, unknown>>;
}

/** A message for a bot. */
export interface BotEvent {
  readonly botId: number;
  readonly trigger: Trigger;
  readonly message: BotMessage;
}

const id = z.int32().positive();

const message = z.looseObject({
  id,
  sender_id: id,
  content: z.string(),
  sender_full_name: z.string(),
  sender_email: z.string(),
  timestamp: z.number(),
  subject: z.string(),
});

const stream = message.extend({
  type: z.literal("stream"),
  stream_id: id,
  display_recipient: z.string(),
});

const direct = message.extend({
  type: z.literal("private"),
  display_recipient: z.array(z.looseObject({ id, email: z.string(), full_name: z.string() })).min(
    1,
  ),
});

/** Zulip's event. Older servers call a direct message private. */
export const botEvent: z.ZodType<BotEvent> = z.looseObject({
  user_profile_id: id,
  trigger: z.enum(["mention", "direct_message", "private_message"]),
  message: z.discriminatedUnion("type", [stream, direct]),
}).transform((event): BotEvent => ({
  botId: event.user_profile_id,
  trigger: event.trigger === "private_message" ? "direct_message" : event.trigger,
  message: messageOf(event.message),
}));

function messageOf(all: z.infer<typeof stream> | z.infer<typeof direct>): BotMessage {
  return {
    id: all.id,
    senderId: all.sender_id,
    content: all.content,
    sender: { name: all.sender_full_name, email: all.sender_email },
    place: all.type === "private" ? { kind: "direct", users: all.display_recipient } : {
      kind: "channel",
      streamId: all.stream_id,
      name: all.display_recipient,
      topic: all.subject,
    },
    timestamp: all.timestamp,
    all,
  };
}
