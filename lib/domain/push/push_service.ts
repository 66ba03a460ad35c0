/**
 * Requests to a service that carries pushes, of which it is known afterwards whether they may have
 * been delivered.
 *
 * A request without an answer may have been delivered, or may be lost in a connection that was
 * dead, and then nobody knows. So a push goes out only on a connection that has answered a moment
 * ago; else a request that delivers nothing goes ahead of it.
 *
 * @module
 */

import { unlessAborted } from "../../system/deadline.ts";
import { HttpError } from "../http/http_error.ts";
import { ServiceHttp, type ServiceRequest, type ServiceResponse } from "../http/service_fetch.ts";
import {
  type PushServiceName,
  PushUnavailable,
  type TryLater,
  type UnknownOutcome,
} from "./push_transport.ts";

/** How a service is reached. */
export interface PushServiceOptions {
  readonly name: PushServiceName;
  /** `https://host` or `https://host:port`. */
  readonly url: string;
  /** The path of the request that delivers nothing: any answer to it will do. */
  readonly probePath: string;
  /** HTTP/2 and nothing else, or HTTP/1.1. */
  readonly http2: boolean;
  /** ms that an answer may take. */
  readonly timeoutMs: number;
  /** PEM of a further authority. */
  readonly ca?: string | undefined;
  /** PEM of our certificate, and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Which setting has the address, for messages. */
  readonly setting: string;
  /** ms of any clock. @default {performance.now} */
  readonly clock?: (() => number) | undefined;
}

/** A request to a service, below its address. */
export interface PushCall extends Omit<ServiceRequest, "timeoutMs" | "signal"> {
  /** @default {the service's} */
  readonly timeoutMs?: number;
}

/** The outcome of a request: an answer, or why there is none. */
export type PushAnswer =
  | { readonly kind: "answered"; readonly response: ServiceResponse }
  | TryLater
  | UnknownOutcome;

/** ms after its last answer for which a connection counts as alive. */
const ALIVE_MS = 60_000;
/** ms that the answer to the request that delivers nothing may take at most. */
const PROBE_MS = 5_000;
/** The first may go into a connection that is dead, the second goes over a new one. */
const PROBES = 2;

/** A service, over connections that are kept. */
export class PushService implements Disposable {
  readonly #options: PushServiceOptions;
  readonly #http: ServiceHttp;
  readonly #clock: () => number;
  #answeredAt = -Infinity;
  #probing: Promise<void> | undefined;

  /** Connects when the first request is made. */
  constructor(options: PushServiceOptions) {
    const { name, url, http2, ca, cert, key } = options;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#http = new ServiceHttp({ name, hosts: [new URL(url).host], http2, ca, cert, key });
  }

  /**
   * Makes a request.
   *
   * @param path With its first slash.
   * @throws {PushUnavailable} When the service is not reached: the request was not made.
   * @throws The signal's reason when it is aborted.
   */
  async call(path: string, call: PushCall, signal: AbortSignal): Promise<PushAnswer> {
    await this.#ensureAlive(signal);
    try {
      return { kind: "answered", response: await this.#fetch(path, call, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HttpError)) throw error;
      this.#answeredAt = -Infinity;
      if (error.mayHaveArrived) return { kind: "unknown", reason: this.#sentence(error) };
      await this.#ensureAlive(signal);
      return { kind: "later", reason: this.#sentence(error) };
    }
  }

  /**
   * Finds out whether the service answers at all.
   *
   * @throws {PushUnavailable} When it does not.
   */
  async probe(signal: AbortSignal): Promise<void> {
    this.#answeredAt = -Infinity;
    await this.#ensureAlive(signal);
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  /** One probe serves all who wait for it. */
  async #ensureAlive(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const silentMs = this.#clock() - this.#answeredAt;
    if (silentMs >= 0 && silentMs < ALIVE_MS) return;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    await unlessAborted(this.#probing, signal);
    signal.throwIfAborted();
  }

  async #probe(): Promise<void> {
    const { probePath } = this.#options;
    const timeoutMs = Math.min(this.#options.timeoutMs, PROBE_MS);
    for (let left = PROBES; left > 0; left--) {
      try {
        await this.#fetch(probePath, { timeoutMs });
        return;
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (left === 1) throw this.#unavailable(error);
      }
    }
  }

  async #fetch(path: string, call: PushCall, signal?: AbortSignal): Promise<ServiceResponse> {
    const { url, timeoutMs } = this.#options;
    const request = { timeoutMs, ...call, ...(signal && { signal }) };
    const response = await this.#http.fetch(`${url}${path}`, request);
    this.#answeredAt = this.#clock();
    return response;
  }

  #unavailable(error: HttpError): PushUnavailable {
    const { name, setting } = this.#options;
    const advice = `check ${setting}, and that firewalls let this machine reach it`;
    return new PushUnavailable(name, `${this.#sentence(error)}: ${advice}`, { cause: error });
  }

  #sentence(error: HttpError): string {
    const { name, url } = this.#options;
    return `${name} at ${new URL(url).host} did not answer: ${error.message}`;
  }
}
