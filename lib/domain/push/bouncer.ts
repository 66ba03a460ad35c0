/**
 * The push bouncer: the service that sends to Apple and Google for servers that have no keys of
 * theirs.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { z } from "zod";
import { parseJson } from "../../json/parse_json.ts";
import { toJson } from "../../json/to_json.ts";
import { VERSION } from "../../system/version.ts";
import { bouncerMeaning } from "./bouncer_answers.ts";
import {
  type BouncerResult,
  type BouncerTransport,
  type BouncerUser,
  type EncryptedNotifyAnswer,
  encryptedNotifyAnswer,
  type EncryptedNotifyBody,
  type NotifyAnswer,
  notifyAnswer,
  type NotifyBody,
  type RegisterAnswer,
  registerAnswer,
  type RegisterBody,
  type ServerAnswer,
  serverAnswer,
  statusAnswer,
  unregisterAnswer,
} from "./bouncer_bodies.ts";
import { type PushCall, PushService } from "./push_service.ts";
import { PushUnavailable } from "./push_transport.ts";

/** How the bouncer is called. */
export interface BouncerSettings {
  /** `https://host`. */
  readonly url: string;
  /** What the registration of this server gave. */
  readonly orgId: string;
  readonly orgKey: string;
  /** PEM of a further authority. */
  readonly ca?: string | undefined;
  /** ms that an answer may take. @default {15000} */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** For a report of the server, which gives the bouncer much to do. */
const REPORT_TIMEOUT_MS = 90_000;
const API = "/api/v1/remotes";
/** Says how much of the reports the bouncer has: the least that needs a valid key. */
const STATUS = "server/analytics/status";

/** The push bouncer, under the key of this server. */
export class Bouncer implements BouncerTransport {
  /** Where it is: `host`, or `host:port`. */
  readonly host: string;
  readonly #service: PushService;
  readonly #headers: Readonly<Record<string, string>>;

  /** Connects when the first request is made. */
  constructor({ url, orgId, orgKey, ca, timeoutMs = TIMEOUT_MS }: BouncerSettings) {
    const service = { name: "push bouncer", http2: false, setting: "ZULIP_SERVICES_URL" } as const;
    this.host = new URL(url).host;
    this.#service = new PushService({
      ...service,
      probePath: `${API}/${STATUS}`,
      url,
      ca,
      timeoutMs,
    });
    this.#headers = {
      authorization: `Basic ${Buffer.from(`${orgId}:${orgKey}`).toString("base64")}`,
      "user-agent": `process-queue/${VERSION}`,
    };
  }

  /** @inheritdoc */
  async notify(body: NotifyBody, signal: AbortSignal): Promise<BouncerResult<NotifyAnswer>> {
    return await this.#post("push/notify", json(body), notifyAnswer, signal);
  }

  /** @inheritdoc */
  async notifyE2ee(
    body: EncryptedNotifyBody,
    signal: AbortSignal,
  ): Promise<BouncerResult<EncryptedNotifyAnswer>> {
    return await this.#post("push/e2ee/notify", json(body), encryptedNotifyAnswer, signal);
  }

  /** @inheritdoc */
  async register(body: RegisterBody, signal: AbortSignal): Promise<BouncerResult<RegisterAnswer>> {
    return await this.#post("push/e2ee/register", form({ ...body }), registerAnswer, signal);
  }

  /** @inheritdoc */
  async unregisterAll(
    user: BouncerUser,
    signal: AbortSignal,
  ): Promise<BouncerResult<Record<string, unknown>>> {
    return await this.#post("push/unregister/all", form({ ...user }), unregisterAnswer, signal);
  }

  /** @inheritdoc */
  async reportServer(
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<BouncerResult<ServerAnswer>> {
    const call = { ...form(fields), timeoutMs: REPORT_TIMEOUT_MS };
    return await this.#post("server/analytics", call, serverAnswer, signal);
  }

  /**
   * Finds out whether the bouncer accepts our key; nothing is sent.
   *
   * @throws {PushUnavailable} When it is not reached, or does not.
   */
  async check(signal: AbortSignal): Promise<void> {
    const result = await this.#call(STATUS, { method: "GET" }, statusAnswer, signal);
    if (result.kind === "done") return;
    throw new PushUnavailable("push bouncer", `The push bouncer does not answer: ${result.reason}`);
  }

  /** Closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#service[Symbol.dispose]();
    return Promise.resolve();
  }

  async #post<Answer>(
    endpoint: string,
    call: PushCall,
    schema: z.ZodType<Answer>,
    signal: AbortSignal,
  ): Promise<BouncerResult<Answer>> {
    return await this.#call(endpoint, { method: "POST", ...call }, schema, signal);
  }

  async #call<Answer>(
    endpoint: string,
    call: PushCall,
    schema: z.ZodType<Answer>,
    signal: AbortSignal,
  ): Promise<BouncerResult<Answer>> {
    const headers = { ...this.#headers, ...call.headers };
    const answer = await this.#service.call(`${API}/${endpoint}`, { ...call, headers }, signal);
    if (answer.kind !== "answered") return answer;
    const meaning = bouncerMeaning(answer.response, Date.now());
    if (meaning.kind === "service") {
      throw new PushUnavailable("push bouncer", meaning.reason, { afterMs: meaning.afterMs });
    }
    return meaning.kind === "done" ? readAnswer(answer.response.text, schema) : meaning;
  }
}

/** An answer that cannot be read is still an answer: the request may have been done. */
function readAnswer<Answer>(text: string, schema: z.ZodType<Answer>): BouncerResult<Answer> {
  try {
    return { kind: "done", answer: schema.parse(parseJson(text)) };
  } catch {
    return { kind: "unknown", reason: "200 with an answer that cannot be read" };
  }
}

function json(body: unknown): PushCall {
  return { headers: { "content-type": "application/json" }, body: toJson(body) };
}

/** Fields that are undefined are left out. */
function form(fields: Readonly<Record<string, string | number | bigint | undefined>>): PushCall {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const body = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { headers, body: body.toString() };
}
