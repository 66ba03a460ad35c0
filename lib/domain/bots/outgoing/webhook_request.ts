/**
 * What a webhook is asked: in Zulip's generic format, or in Slack's. Pure.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { toJson } from "../../../json/to_json.ts";
import type { Bot, Service } from "../bot.ts";
import type { BotEvent } from "../bot_event.ts";
import { webhookMessage } from "./payload.ts";

/** A POST to a webhook. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a request is made of. */
export interface RequestParts {
  readonly event: BotEvent;
  readonly bot: Bot;
  readonly service: Service;
  /** The realm's address, without a slash at its end. */
  readonly realmPage: string;
  /** Its host. */
  readonly realmHost: string;
}

const SLACK = 2;

/** The user agent of Zulip's outgoing webhooks, which receivers may look at. */
const USER_AGENT = "ZulipOutgoingWebhook/12.0";

/** Whether a service speaks Slack's format; one that is not known speaks the generic one. */
export function isSlack(service: Pick<Service, "interface">): boolean {
  return service.interface === SLACK;
}

/** The request. `undefined` for a direct message to a service of Slack's format, which has none. */
export function webhookRequest(parts: RequestParts): WebhookRequest | undefined {
  return isSlack(parts.service) ? slackRequest(parts) : genericRequest(parts);
}

function genericRequest({ event, bot, service, realmPage }: RequestParts): WebhookRequest {
  const body = {
    data: event.message.content,
    message: webhookMessage(event.message, realmPage),
    bot_email: bot.email,
    bot_full_name: bot.name,
    token: service.token,
    trigger: event.trigger,
  };
  return { headers: headersOf("application/json"), body: toJson(body) };
}

function slackRequest(parts: RequestParts): WebhookRequest | undefined {
  const { event: { message, trigger, botId }, bot, service, realmHost } = parts;
  if (message.place.kind !== "channel") return undefined;
  const form = new URLSearchParams([
    ["token", service.token],
    ["team_id", `T${bot.realmId}`],
    ["team_domain", realmHost],
    ["channel_id", `C${message.place.streamId}`],
    ["channel_name", message.place.name],
    ["thread_ts", String(message.timestamp)],
    ["timestamp", String(message.timestamp)],
    ["user_id", `U${message.senderId}`],
    ["user_name", message.sender.name],
    ["text", message.content],
    ["trigger_word", trigger],
    ["service_id", String(botId)],
  ]);
  return { headers: headersOf("application/x-www-form-urlencoded"), body: form.toString() };
}

function headersOf(type: string): Record<string, string> {
  return { "Content-Type": type, "User-Agent": USER_AGENT };
}

/**
 * A header by which a receiver can tell that a request is of this server, and when it was made.
 *
 * @param now ms since 1970.
 */
export function signature(body: string, secret: string, now: number): Record<string, string> {
  const time = Math.floor(now / 1000);
  const signed = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  return { "Process-Queue-Signature": `t=${time},v1=${signed}` };
}
