/**
 * Calls of services that the operator configures, such as push services: a fixed list of hosts, whose
 * connections are kept.
 *
 * @module
 */

import { HttpClient } from "../../system/http_client.ts";
import { httpErrorOf } from "./failure.ts";
import { type Headers, requestHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";

/** A service, and how it is connected to. */
export interface ServiceOptions {
  /** Its name in messages, such as `APNs`. */
  readonly name: string;
  /** Each a host, or `host:port`. Nothing else is called. */
  readonly hosts: readonly string[];
  /** Further authorities that are trusted, in PEM. @default {none besides the system's} */
  readonly ca?: string | undefined;
  /** A certificate of this program, in PEM, with its key. @default {none} */
  readonly cert?: string | undefined;
  /** The key of the certificate, in PEM, not encrypted. */
  readonly key?: string | undefined;
  /** `true`: HTTP/2 and nothing else; `false`: HTTP/1.1. @default {false} */
  readonly http2?: boolean | undefined;
}

/** One request. */
export interface ServiceRequest {
  /** @default {"GET"} */
  readonly method?: "GET" | "POST" | "DELETE" | "PUT" | "PATCH";
  readonly headers?: Headers;
  readonly body?: string;
  /** For the whole call, from 1 to 2^31 - 1. */
  readonly timeoutMs: number;
  /** Of the answer. @default {1,000,000} */
  readonly maxBytes?: number;
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer. Any status is one, also that of a redirect. */
export interface ServiceResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body, as UTF-8. */
  readonly text: string;
}

const MOST_BYTES = 1_000_000;

/**
 * Calls one service, by the proxy that HTTPS_PROXY names where it is set, as all of Deno's `fetch`
 * does. Dispose it to end the calls that are under way and close its connections.
 */
export class ServiceHttp implements Disposable {
  readonly #options: ServiceOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #closed = new AbortController();
  #client: HttpClient;

  /** @throws {TypeError} When a host, the certificates or the key are not valid. */
  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#hosts = new Set(options.hosts.flatMap(hostsOf));
    this.#client = new HttpClient(options);
  }

  /**
   * Calls the service. Redirects are not followed. After a timeout later calls get new connections, as
   * the one that hangs would hold them up too.
   *
   * @throws {HttpError} When there is no answer.
   */
  async fetch(url: string, request: ServiceRequest): Promise<ServiceResponse> {
    const target = this.#target(url);
    const headers = requestHeaders(request.headers ?? {});
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const others = request.signal ? [request.signal] : [];
    const signal = AbortSignal.any([deadline, this.#closed.signal, ...others]);
    const client = this.#client;
    try {
      signal.throwIfAborted();
      const { method = "GET", body } = request;
      const response = await client.fetch(target, {
        ...{ method, headers, redirect: "manual", signal },
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await this.#text(response, request.maxBytes ?? MOST_BYTES),
      };
    } catch (error) {
      if (deadline.aborted) this.#replace(client);
      throw this.#failure(error, signal);
    }
  }

  /** Ends the calls that are under way; later ones fail. */
  [Symbol.dispose](): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#client[Symbol.dispose]();
  }

  #target(text: string): URL {
    const { name } = this.#options;
    const url = URL.parse(text);
    if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
      throw new HttpError("bad url", `An address of ${name} is not valid`);
    }
    if (this.#hosts.has(url.host)) return url;
    throw new HttpError("forbidden", `${url.host} is not called: it is no host of ${name}`);
  }

  /** Reads the body, up to its limit. */
  async #text(response: Response, maxBytes: number): Promise<string> {
    const decoder = new TextDecoder();
    let [text, size] = ["", 0];
    for await (const piece of response.body ?? []) {
      size += piece.length;
      if (size > maxBytes) {
        const message = `${this.#options.name} sends more than ${maxBytes} bytes`;
        throw new HttpError("too large", message, { mayHaveArrived: true });
      }
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }

  /** Later requests get a client of their own; those under way keep theirs. */
  #replace(client: HttpClient): void {
    if (client !== this.#client || this.#closed.signal.aborted) return;
    this.#client = new HttpClient(this.#options);
    client[Symbol.dispose]();
  }

  #failure(error: unknown, signal: AbortSignal): HttpError {
    const mayHaveArrived = !isUntouched(error);
    const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
    return httpErrorOf(withoutUrl(cause), { place: this.#options.name, signal, mayHaveArrived });
  }
}

/** `host` or `host:port`, as URLs have it: with the port also where that is the one of HTTPS. */
function hostsOf(text: string): string[] {
  const url = /[/?#@\\\s]/.test(text) ? null : URL.parse(`https://${text}/`);
  if (!url) throw new TypeError(`"${text}" is no host and no host with a port`);
  const port = /:([0-9]+)$/.exec(text)?.[1];
  return port === undefined ? [url.host] : [url.host, `${url.hostname}:${port}`];
}

/**
 * Reports whether there was no connection, or the server says that it did not touch the request
 * (HTTP/2): fetch says so only in words.
 */
function isUntouched(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return /client error \(Connect\)|refused stream before processing/.test(
    `${error.message} ${cause}`,
  );
}

/** Fetch names the whole address, whose path may be a secret, such as a device's token. */
function withoutUrl(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = error.message.replace(/ for url \(.*?\)(?=: |$)/, "");
  return message === error.message ? error : new Error(message);
}
