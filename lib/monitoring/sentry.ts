/**
 * Sends failures and a sample of the events to Sentry, with one client for the process and one scope
 * for each queue. Without a DSN the package is not loaded.
 *
 * @module
 */

import { hostname } from "node:os";
import type { Scope } from "@sentry/deno";
import { redactText } from "../errors/redact.ts";
import { redactValue } from "../errors/redact_value.ts";
import { parseJson } from "../json/parse_json.ts";
import { type ErrorData, errorFrom } from "../errors/error_data.ts";
import type { NoticeReport, Report, Reporter, SettledReport } from "../engine/report.ts";

type Sentry = typeof import("@sentry/deno");

/** The options of Sentry. */
export interface SentryOptions {
  /** The address of the Sentry project. */
  readonly dsn: string;
  readonly environment: string;
  /** The program's version. */
  readonly version: string;
  /** The share of events that is traced, from 0 to 1: for all queues, or by queue. */
  readonly traceRate: number | Readonly<Record<string, number>>;
  /** A clock in ms, which limits what is sent. @default {performance.now} */
  readonly clock?: () => number;
}

/** The reporter that sends to Sentry. */
export interface SentryReporter {
  /** Takes reports of the whole process. */
  readonly report: Reporter;
  /** The reporter of one queue, whose events carry the number of its worker from then on. */
  readonly ofQueue: (queue: string, workerNum: number) => Reporter;
  /** Sends what waits, for up to `ms` milliseconds; nothing is sent after that. */
  readonly flush: (ms: number) => Promise<void>;
}

/** How long one request to Sentry may take, in ms. */
const POST_MS = 10_000;
/** The time in which one error of a kind is captured, in ms: capturing takes some 300 µs. */
const SAME_ERROR_MS = 1000;
/** The most kinds of errors that are remembered for that. */
const MAX_KINDS = 1000;
/** The most characters of an event's body that are sent with its failure, redacted. */
const MAX_BODY = 8 * 1024;

/** Loads Sentry and makes the client. */
export async function openSentry(options: SentryOptions): Promise<SentryReporter> {
  const sentry = await import("@sentry/deno");
  sentry.init({
    dsn: options.dsn,
    environment: options.environment,
    release: `process-queue@${options.version}`,
    serverName: hostname(),
    // The default integrations watch the whole process; here everything comes as plain data.
    defaultIntegrations: false,
    sendDefaultPii: false,
    sendClientReports: false,
    transport: transportOf(sentry),
    // The sample is drawn here: the SDK draws once for a scope, and then sends all or nothing.
    tracesSampleRate: 1,
  });
  return new Reporting(sentry, options);
}

type MakeTransport = NonNullable<NonNullable<Parameters<Sentry["init"]>[0]>["transport"]>;

/** A transport that reads answers: the SDK's own does not, and leaves their sockets open. */
function transportOf({ createTransport }: Sentry): MakeTransport {
  return (options) =>
    createTransport(options, async ({ body }) => {
      const response = await fetch(options.url, {
        method: "POST",
        body: body as BodyInit,
        signal: AbortSignal.timeout(POST_MS),
      });
      await response.body?.cancel();
      return {
        statusCode: response.status,
        headers: {
          "x-sentry-rate-limits": response.headers.get("X-Sentry-Rate-Limits"),
          "retry-after": response.headers.get("Retry-After"),
        },
      };
    });
}

class Reporting implements SentryReporter {
  readonly #sentry: Sentry;
  readonly #options: SentryOptions;
  readonly #scopes = new Map<string, Scope>();
  readonly #rates = new Map<string, number>();
  readonly #capturedAt = new Map<string, number>();
  readonly #clock: () => number;

  constructor(sentry: Sentry, options: SentryOptions) {
    this.#sentry = sentry;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  readonly report = (report: Report): void => {
    if (report.kind === "settled") this.#settled(report);
    else if (report.kind === "notice" && report.level === "error") this.#captureNotice(report);
  };

  readonly ofQueue = (queue: string, workerNum: number): Reporter => {
    this.#scopeOf(queue).setTag("worker_num", String(workerNum));
    return this.report;
  };

  readonly flush = async (ms: number): Promise<void> => {
    await this.#sentry.close(ms).then(() => {}, () => {});
  };

  #settled(report: SettledReport): void {
    if (report.outcome === "failed" || isFailedRun(report)) this.#captureFailure(report);
    const rate = this.#rates.get(report.queue) ?? this.#rateOf(report.queue);
    if (rate > 0 && report.outcome !== "released" && Math.random() < rate) this.#trace(report);
  }

  #rateOf(queue: string): number {
    const { traceRate } = this.#options;
    const base = queue.replace(/_shard[0-9]+$/, "");
    const rate = typeof traceRate === "number" ? traceRate : traceRate[queue] ?? traceRate[base];
    this.#rates.set(queue, rate ?? 0);
    return rate ?? 0;
  }

  /** The scope with the tags of a queue. */
  #scopeOf(queue: string): Scope {
    const known = this.#scopes.get(queue);
    if (known) return known;
    const scope = new this.#sentry.Scope();
    const client = this.#sentry.getClient();
    if (client) scope.setClient(client);
    scope.setTag("queue_worker", queue);
    this.#scopes.set(queue, scope);
    return scope;
  }

  #captureFailure(report: SettledReport): void {
    const { queue, error, reason } = report;
    if (!error || !this.#isNew(`${queue} ${reason} ${error.name} ${error.message}`)) return;
    const scope = this.#scopeOf(queue).clone();
    const events = { queue_name: queue, data: bodyForSentry(report.body) };
    scope.setContext("events", events);
    scope.addBreadcrumb({
      type: "debug",
      category: "queue_processor",
      message: `Consuming ${queue}`,
      data: { id: report.id, attempt: report.attempt },
    });
    for (const message of error.breadcrumbs ?? []) scope.addBreadcrumb({ message });
    scope.setTags({ ...error.tags, outcome: report.outcome, reason: reason ?? "" });
    if (reason === "timeout") scope.setFingerprint(["worker-timeout", queue]);
    scope.setLevel(report.outcome === "failed" ? "error" : "warning");
    scope.captureException(asError(error));
  }

  #captureNotice(notice: NoticeReport): void {
    const { queue = "", message, properties = {}, error, fingerprint } = notice;
    const text = filledIn(message, { queue, ...properties });
    if (!this.#isNew(`${queue} ${text}`)) return;
    const scope = this.#scopeOf(queue).clone();
    scope.setContext("notice", { message: text, ...redactedProperties(properties) });
    if (fingerprint) scope.setFingerprint([...fingerprint]);
    if (error) scope.captureException(asError(error));
    else scope.captureMessage(text, "error");
  }

  /** Whether no error of this kind was captured within the last second. */
  #isNew(kind: string): boolean {
    const now = this.#clock();
    const before = this.#capturedAt.get(kind);
    if (before !== undefined && now - before < SAME_ERROR_MS) return false;
    if (this.#capturedAt.size >= MAX_KINDS) this.#capturedAt.clear();
    this.#capturedAt.set(kind, now);
    return true;
  }

  /** Sends a transaction for Sentry's queue view, after the event has run. */
  #trace(report: SettledReport): void {
    const { queue, runMs } = report;
    const end = Date.now() / 1000;
    this.#sentry.withIsolationScope((scope) => {
      scope.update(this.#scopeOf(queue));
      this.#sentry.startNewTrace(() => {
        const span = this.#sentry.startInactiveSpan({
          name: queue,
          op: "queue.process",
          startTime: end - runMs / 1000,
          attributes: attributesOf(report),
        });
        const isGood = report.outcome === "processed" || report.outcome === "discarded";
        span.setStatus(isGood ? { code: 1 } : { code: 2, message: report.reason ?? "" });
        span.end(end);
      });
    });
  }
}

function attributesOf(report: SettledReport): Record<string, string | number> {
  return {
    "messaging.system": "rabbitmq",
    "messaging.destination.name": report.queue,
    "messaging.message.retry.count": report.attempt - 1,
    "messaging.message.receive.latency": report.waitMs,
    ...(report.id === "" ? {} : { "messaging.message.id": report.id }),
    ...(report.bytes === undefined ? {} : { "messaging.message.body.size": report.bytes }),
  };
}

/** Whether a run is retried because it failed, not because its worker asked for it. */
function isFailedRun({ outcome, reason }: SettledReport): boolean {
  return outcome === "retried" && reason !== "retry-later";
}

function asError(data: ErrorData): Error {
  return errorFrom({ ...data, stack: data.stack ?? `${data.name}: ${data.message}` });
}

/** The body's value where it is JSON, with secrets masked; else the beginning of its text. */
function bodyForSentry(body: string | Uint8Array | undefined): unknown {
  if (body === undefined) return undefined;
  const text = typeof body === "string"
    ? body
    : new TextDecoder().decode(body.subarray(0, MAX_BODY));
  if (text.length > MAX_BODY) return redactText(text.slice(0, MAX_BODY));
  try {
    return JSON.stringify(redactValue(parseJson(text)));
  } catch {
    return redactText(text);
  }
}

function redactedProperties(
  properties: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return redactValue(properties) as Record<string, unknown>;
}

function filledIn(message: string, values: Readonly<Record<string, unknown>>): string {
  return redactText(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? "")));
}
