/**
 * Calls the services of a bot, each once, and sends what follows from their answers.
 *
 * @module
 */

import { hiding } from "../../../errors/hide.ts";
import { isDatabaseLost } from "../../database/database_error.ts";
import type { Effects } from "../../database/effects.ts";
import { shapeOf } from "../../database/shape.ts";
import type { Database } from "../../database/tables.ts";
import { firstCodePoints } from "../../database/text.ts";
import type { Breakers } from "../../http/breaker.ts";
import {
  type MessageSender,
  type SendOnce,
  type SentTogether,
  wasSent,
} from "../../messages/send/message_sender.ts";
import { SendError } from "../../messages/send/new_message.ts";
import { REST_SECONDS } from "../../messages/send/rest_sender.ts";
import { Slots } from "../../../system/slots.ts";
import { realmHost, realmPage, type Site } from "../../users/realm_host.ts";
import { markReadWith } from "../read_mark.ts";
import { type Bot, recordKey, type Service } from "../bot.ts";
import type { BotEvent } from "../bot_event.ts";
import { failureMessages, replyMessage } from "./messages.ts";
import { botMessageUrl } from "./message_url.ts";
import { SLACK_DIRECT } from "./texts.ts";
import { type Failure, refusedReply, type Verdict, verdictOf } from "./verdict.ts";
import { callWebhook, type WebhookHttp } from "./webhook_call.ts";
import { isSlack, signature, webhookRequest } from "./webhook_request.ts";

type LogLine = (message: string, properties?: Record<string, unknown>) => void;

/** What the calls of all events share. */
export interface WebhookSetup {
  readonly queue: string;
  readonly http: WebhookHttp;
  readonly breakers: Breakers;
  /** Calls at once. */
  readonly calls: number;
  readonly sender: MessageSender;
  readonly site: Site;
  /** OUTGOING_WEBHOOK_TIMEOUT_SECONDS. */
  readonly timeoutSeconds: number;
  /** OUTGOING_SIGNING_SECRET; `undefined`: requests are not signed. */
  readonly signingSecret: string | undefined;
}

/** One run of an event. */
export interface WebhookRun {
  readonly db: Database;
  readonly effects: Effects;
  readonly event: BotEvent;
  readonly bot: Bot;
  /** Whether no further attempt is made. */
  readonly isLast: boolean;
  /** `ctx.event.retriedAt`. */
  readonly retriedAt: number | undefined;
  /** How long ago the event was published, has first failed, or was put back, in ms. */
  readonly waitedMs: number;
  readonly signal: AbortSignal;
  readonly log: {
    readonly info: LogLine;
    readonly warn: LogLine;
    readonly error: LogLine;
  };
}

/** What is left to do about a service. */
export type ServiceEnd =
  | {
    readonly kind: "done";
    /** Whether the bot has certainly read the message. */
    readonly isRead: boolean;
  }
  | Extract<Verdict, { readonly kind: "again" }>;

const DONE: ServiceEnd = { kind: "done", isRead: false };
/** How long an event waits for a host that is not called for now. */
const PATIENCE_MS = 60_000;
/**
 * Seconds that sending what follows from an answer can take. A Zulip server may be asked for a reply
 * that it refuses, and then for two messages about that.
 */
const SENDING_SECONDS = { own: 45, zulip: 3 * REST_SECONDS } as const;
/** Code points of a message that are logged. */
const SHOWN = 100;

/** Calls the services of bots. */
export class WebhookRunner {
  readonly #setup: WebhookSetup;
  readonly #slots: Slots;
  /** What is known of calls whose messages could not be stored. */
  readonly #kept = new Map<string, Verdict>();

  /** @param setup What the calls share. */
  constructor(setup: WebhookSetup) {
    this.#setup = setup;
    this.#slots = new Slots(setup.calls);
  }

  /**
   * Calls one service, unless that is done.
   *
   * @throws {DatabaseError} When the database is lost. What the service answered is kept for the
   * next run.
   * @throws What the signal was aborted with.
   */
  async call(service: Service, run: WebhookRun): Promise<ServiceEnd> {
    const { event: { botId, message }, effects } = run;
    const [key, step] = [recordKey(botId, message.id), `service ${service.id}`];
    const call = { id: `${key} ${step}`, key, step };
    // What follows from an answer is stored while another service is called.
    const asked = await this.#slots.run(() => this.#askOnce(call, service, run));
    if (!("verdict" in asked)) return asked;
    const end = await this.#carryOut(call.id, asked.verdict, service, run);
    if (end.kind === "again") await effects.forget(key, [step]);
    else effects.doneSoon(key, [step]);
    return end;
  }

  /** Calls the service, unless that is done, or another process does it. */
  async #askOnce(
    { id, key, step }: { readonly id: string; readonly key: string; readonly step: string },
    service: Service,
    run: WebhookRun,
  ): Promise<ServiceEnd | { readonly verdict: Verdict }> {
    const { db, effects, retriedAt, signal } = run;
    signal.throwIfAborted();
    const { kind } = await shapeOf(db);
    const maxSeconds = this.#setup.timeoutSeconds + SENDING_SECONDS[kind];
    const [state] = await effects.takeOver(key, [step], { maxSeconds, retriedAt });
    if (state === "done" || state === "failed") return DONE;
    if (typeof state === "object") return busy(state.busyUntil);
    if (state === "again" && await this.#isDone(id, service, run)) {
      await effects.done(key, [step]);
      return DONE;
    }
    return { verdict: this.#kept.get(id) ?? await this.#ask(service, run) };
  }

  /** Whether a call that was begun and not recorded as done has had its messages sent. */
  async #isDone(id: string, service: Service, { db, event, log }: WebhookRun): Promise<boolean> {
    if (this.#kept.has(id)) return false;
    if (await wasSent(db, this.#setup.queue, id)) return true;
    log.warn("The service {service} is called for the message {message} maybe a second time", {
      service: service.name,
      message: event.message.id,
    });
    return false;
  }

  async #carryOut(
    id: string,
    verdict: Verdict,
    service: Service,
    run: WebhookRun,
  ): Promise<ServiceEnd> {
    if (verdict.kind === "again") return logged(verdict, service, run);
    try {
      const isRead = await this.#send(id, verdict, service, run);
      this.#kept.delete(id);
      return { kind: "done", isRead };
    } catch (error) {
      if (isDatabaseLost(error)) this.#kept.set(id, verdict);
      throw error;
    }
  }

  async #ask(service: Service, run: WebhookRun): Promise<Verdict> {
    const { timeoutSeconds, signingSecret, http, breakers } = this.#setup;
    const { event, bot, signal } = run;
    const request = webhookRequest({ event, bot, service, ...this.#realm(bot) });
    if (!request) return SLACK_VERDICT;
    const started = performance.now();
    const signed = signingSecret === undefined
      ? {}
      : signature(request.body, signingSecret, Date.now());
    const end = await callWebhook(service.url, {
      ...request,
      headers: { ...request.headers, ...signed },
    }, { http, breakers, timeoutMs: timeoutSeconds * 1000, signal });
    run.log.info("Outgoing webhook request from {bot}@{realm} took {seconds} seconds: {end}", {
      ...{ bot: bot.id, realm: bot.realm, end: end.kind },
      seconds: ((performance.now() - started) / 1000).toFixed(3),
    });
    return verdictOf(end, {
      isSlack: isSlack(service),
      command: event.message.content,
      isLast: run.isLast,
      timeoutSeconds,
      patienceMs: PATIENCE_MS - run.waitedMs,
    });
  }

  /**
   * @returns Whether the bot has certainly read the message.
   * @throws {DatabaseError} When the database is lost.
   */
  async #send(id: string, verdict: Verdict, service: Service, run: WebhookRun): Promise<boolean> {
    if (verdict.kind === "silent" || verdict.kind === "again") return false;
    if (verdict.kind === "failed") return await this.#tell(id, verdict, service, run);
    try {
      return await this.#deliver(id, [replyMessage(run.event, verdict.reply)], run);
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      return await this.#tell(id, refusedReply(error.message, verdict.payload), service, run);
    }
  }

  /** Reports a failure to the chat, the owner and the log. */
  async #tell(id: string, failure: Failure, service: Service, run: WebhookRun): Promise<boolean> {
    const { event, bot } = run;
    const url = botMessageUrl(this.#realm(bot).realmPage, event.message);
    logFailure(failure, service, run, url);
    if (bot.ownerId === null && failure.owner !== undefined) {
      run.log.warn("The bot {bot} has no owner to notify: {text}", {
        bot: bot.id,
        text: failure.owner,
      });
    }
    return await this.#deliver(id, failureMessages(event, bot, failure, url), run);
  }

  async #deliver(id: string, messages: readonly SentTogether[], run: WebhookRun): Promise<boolean> {
    const { db, signal, event: { botId, message } } = run;
    const { sender, queue } = this.#setup;
    // One transaction less than if it were marked read later.
    const also: SendOnce["also"] = (trx, publish) => markReadWith(trx, publish, botId, message.id);
    const isSent = await sender.send(db, { messages, queue, id, also, signal });
    const { kind } = await shapeOf(db);
    return isSent && kind === "own";
  }

  #realm({ realm }: Bot): { readonly realmPage: string; readonly realmHost: string } {
    const { site } = this.#setup;
    return { realmPage: realmPage(realm, site), realmHost: realmHost(realm, site.externalHost) };
  }
}

/** Slack's format has no direct messages. */
const SLACK_VERDICT: Failure = {
  kind: "failed",
  chat: SLACK_DIRECT,
  owner: undefined,
  log: { level: "info", text: SLACK_DIRECT },
};

function busy(until: number): ServiceEnd {
  const reason = "another process is calling the service";
  return { kind: "again", reason, afterMs: Math.max(0, until - Date.now()), counts: false };
}

function logged(
  end: Extract<Verdict, { readonly kind: "again" }>,
  { name }: Service,
  { log, event }: WebhookRun,
): ServiceEnd {
  log.info("The service {service} is called again for the message {message}: {reason}", {
    service: name,
    message: event.message.id,
    reason: end.reason,
  });
  return end;
}

function logFailure(
  { log: { level, text }, isExhausted }: Failure,
  { name: service, token, url: address }: Service,
  { log, bot, event }: WebhookRun,
  url: string,
): void {
  // An answer may repeat what it was asked.
  const hidden = hiding([token, address])(text);
  log[level]("Message {url}, service {service}: {text}", { url, service, text: hidden });
  if (!isExhausted) return;
  log.warn("Maximum retries exceeded for trigger:{bot} event:{command}", {
    bot: bot.email,
    command: firstCodePoints(event.message.content, SHOWN),
  });
}
