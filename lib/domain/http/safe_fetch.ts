/**
 * Calls of addresses that users give: webhooks, pages that messages link to. They reach public
 * servers and what the operator allows, and nothing else of the networks that this machine is in.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { AllowList } from "./allow_list.ts";
import { type Body, type BodyLimits, readBody } from "./body.ts";
import { exchange } from "./exchange.ts";
import { httpErrorOf } from "./failure.ts";
import { answerHeaders, type Headers, requestHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import { proxyRefusal } from "./proxy.ts";
import { type Hop, isRedirect, type Method, redirected } from "./redirect.ts";
import { type Resolve, systemResolve } from "./resolve.ts";
import { placeText, targetOf } from "./target.ts";
import { callOf, type Way } from "./way.ts";

/** What may be called, and how. */
export interface HttpRules {
  /** The proxies for `http:` and `https:` addresses. @default {none: this machine connects itself} */
  readonly proxy?: { readonly http?: URL | undefined; readonly https?: URL | undefined };
  /** What may be called besides public addresses. @default {nothing} */
  readonly allowed?: AllowList;
  /** Further authorities that are trusted, in PEM. @default {none besides the system's} */
  readonly ca?: string | undefined;
}

/** The head of an answer. */
export interface SafeHead {
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
}

/** One call. */
export interface SafeRequest extends BodyLimits {
  /** @default {"GET"} */
  readonly method?: Method;
  /** Those of a secret go to no other host after a redirect. Accept-Encoding is always `identity`. */
  readonly headers?: Headers;
  /** Sent with its Content-Length. */
  readonly body?: string | Uint8Array;
  /** For the whole call, with its redirects, from 1 to 2^31 - 1. */
  readonly timeoutMs: number;
  /** Of the body of the answer. */
  readonly maxBytes: number;
  /** How many redirects are followed. 0: one is the answer. @default {5} */
  readonly redirects?: number;
  /** Who calls, for the proxy: X-Smokescreen-Role. @default {"process-queue"} */
  readonly role?: string;
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Sees the head of the answer before its body: `false` ends the call with an empty body. It
   * must not throw.
   */
  readonly wanted?: (head: SafeHead) => boolean;
}

/** An answer. Any status is one. */
export interface SafeResponse extends SafeHead, Body {}

const REDIRECTS = 5;
const ROLE = "process-queue";

/** A call that is under way. */
interface Running {
  readonly request: SafeRequest;
  readonly signal: AbortSignal;
  /** Redirects that may still be followed. */
  readonly left: number;
  /** Whether an earlier request of the call has arrived. */
  readonly mayHaveArrived: boolean;
}

/**
 * Calls addresses of users. Each request has a connection of its own, whose address was checked for
 * it. Dispose it to end the calls that are under way.
 */
export class SafeHttp implements Disposable {
  readonly #rules: HttpRules;
  readonly #allowed: AllowList;
  readonly #resolve: Resolve;
  readonly #closed = new AbortController();

  /** @param resolve Finds the addresses of names. @default {as the system does} */
  constructor(rules: HttpRules = {}, resolve: Resolve = systemResolve) {
    this.#rules = rules;
    this.#allowed = rules.allowed ?? new AllowList();
    this.#resolve = resolve;
  }

  /**
   * Calls an address. All addresses of its name are checked before one of them is connected to, and
   * so are those of each redirect.
   *
   * @throws {HttpError} When there is no answer.
   */
  async fetch(url: string, request: SafeRequest): Promise<SafeResponse> {
    let hop: Hop = {
      target: targetOf(url, this.#allowed),
      method: request.method ?? "GET",
      headers: requestHeaders(request.headers ?? {}),
      body: request.body === undefined ? undefined : Buffer.from(request.body),
    };
    const signal = AbortSignal.any([
      AbortSignal.timeout(request.timeoutMs),
      this.#closed.signal,
      ...(request.signal ? [request.signal] : []),
    ]);
    const most = request.redirects ?? REDIRECTS;
    for (let count = 0;; count++) {
      const running = { request, signal, left: most - count, mayHaveArrived: count > 0 };
      const result = await this.#send(hop, running);
      if ("body" in result && "status" in result) return result;
      hop = result;
    }
  }

  /** Ends the calls that are under way; later ones fail. */
  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  /** Sends one request. @returns The answer, or what is sent next. */
  async #send(hop: Hop, running: Running): Promise<SafeResponse | Hop> {
    const place = placeText(hop.target);
    try {
      running.signal.throwIfAborted();
      const call = await abortable(callOf(hop, this.#way(hop, running)), running.signal);
      return await exchange(call, (response) => this.#read(response, hop, running));
    } catch (error) {
      throw httpErrorOf(error, { ...running, place });
    }
  }

  async #read(
    response: IncomingMessage,
    hop: Hop,
    { request, left, mayHaveArrived }: Running,
  ): Promise<SafeResponse | Hop> {
    // In a tunnel it is the server that answers.
    const isProxied = !hop.target.isSecure && this.#rules.proxy?.http !== undefined;
    const refusal = isProxied && proxyRefusal(response, hop.target, mayHaveArrived);
    if (refusal) throw refusal;
    const status = response.statusCode ?? 0;
    const headers = answerHeaders(response.headers);
    if (request.redirects !== 0 && isRedirect(status, headers)) {
      if (left > 0) return redirected(hop, status, headers["location"] ?? "", this.#allowed);
      const message = `${placeText(hop.target)} redirects once more than allowed`;
      throw new HttpError("redirects", message, { mayHaveArrived: true });
    }
    const head = { url: hop.target.url.href, status, headers };
    if (hop.method === "HEAD") return { ...head, body: new Uint8Array(), isCut: false };
    if (request.wanted?.(head) === false) return { ...head, body: new Uint8Array(), isCut: true };
    return { ...head, ...await readBody(response, request, placeText(hop.target)) };
  }

  #way({ target }: Hop, { request, signal, mayHaveArrived }: Running): Way {
    const { proxy, ca } = this.#rules;
    const url = proxy?.[target.isSecure ? "https" : "http"];
    return {
      ...{ signal, mayHaveArrived, maxBytes: request.maxBytes },
      ...{ ca, allowed: this.#allowed, resolve: this.#resolve },
      proxy: url && { url, role: request.role ?? ROLE },
    };
  }
}

/** Waits until a promise is settled or the signal aborted. */
async function abortable<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
