/**
 * Runs the embedded bots of a message, each once.
 *
 * @module
 */

import { isDatabaseLost } from "../../database/database_error.ts";
import type { Effects } from "../../database/effects.ts";
import type { Database } from "../../database/tables.ts";
import type { MessageSender } from "../../messages/send/message_sender.ts";
import { type Bot, recordKey, type Service } from "../bot.ts";
import type { BotEvent } from "../bot_event.ts";
import { botClient } from "./bot_client.ts";
import { BotQuit, type EmbeddedBot, type EmbeddedMessage } from "./embedded_bot.ts";
import { withoutMention } from "./mention.ts";
import { embeddedBot } from "./registry.ts";

type LogLine = (message: string, properties?: Record<string, unknown>) => void;

/** One run of an event. */
export interface EmbeddedRun {
  readonly db: Database;
  readonly effects: Effects;
  readonly sender: MessageSender;
  readonly queue: string;
  readonly event: BotEvent;
  readonly bot: Bot;
  /** USER_STATE_SIZE_LIMIT. */
  readonly stateSizeLimit: number;
  /** The longest time of the run, in seconds. */
  readonly maxSeconds: number;
  /** `ctx.event.retriedAt`. */
  readonly retriedAt: number | undefined;
  readonly signal: AbortSignal;
  readonly log: { readonly warn: LogLine; readonly error: LogLine };
  /** The bot of a service. @default {those of this program} */
  readonly find?: (service: string) => EmbeddedBot | undefined;
}

/** How a bot's run ended. */
export type EmbeddedEnd =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string }
  /** Another process is at it, at the latest until then, in ms since 1970. */
  | { readonly kind: "busy"; readonly until: number };

const DONE: EmbeddedEnd = { kind: "done" };

/**
 * Runs the bot of a service, unless it has run for this message.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws What the signal was aborted with.
 */
export async function runEmbedded(service: Service, run: EmbeddedRun): Promise<EmbeddedEnd> {
  const { effects, event, maxSeconds, retriedAt } = run;
  const [key, step] = [recordKey(event.botId, event.message.id), `service ${service.id}`];
  const [state] = await effects.takeOver(key, [step], { maxSeconds, retriedAt });
  if (typeof state === "object") return { kind: "busy", until: state.busyUntil };
  if (state === "done") return DONE;
  if (state === "failed") return { kind: "failed", reason: "it has failed before" };
  const end = await handle(service, `${key} ${step}`, run);
  if (end.kind === "failed") await effects.failed(key, [step]);
  else effects.doneSoon(key, [step]);
  return end;
}

async function handle(service: Service, id: string, run: EmbeddedRun): Promise<EmbeddedEnd> {
  const { log, event: { botId }, find = embeddedBot, signal } = run;
  const handler = find(service.name);
  if (!handler) {
    log.error("Error: User {bot} has bot with invalid embedded bot service {service}", {
      bot: botId,
      service: service.name,
    });
    return DONE;
  }
  try {
    const client = botClient({ ...run, message: run.event.message, id });
    await handler.initialize?.(client);
    await handler.handle(toldTo(run), client);
    return DONE;
  } catch (error) {
    signal.throwIfAborted();
    if (isDatabaseLost(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof BotQuit)) return { kind: "failed", reason };
    log.warn("The embedded bot {service} of the user {bot} has quit: {reason}", {
      ...{ service: service.name, bot: botId, reason },
    });
    return DONE;
  }
}

function toldTo({ event: { trigger, message }, bot }: EmbeddedRun): EmbeddedMessage {
  const { content } = message;
  return { ...message, content: trigger === "mention" ? withoutMention(content, bot) : content };
}
