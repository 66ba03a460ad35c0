/**
 * Calls through a proxy such as Smokescreen, which Zulip runs: it resolves names, and refuses those
 * that lead to private networks.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { Place } from "./allow_list.ts";
import { httpErrorOf, words } from "./failure.ts";
import { HttpError } from "./http_error.ts";
import { placeText, type Target } from "./target.ts";

/** A proxy, and the role that calls present to it. */
export interface Proxy {
  /** `http://host:port`, with a user and a password where it requires them. */
  readonly url: URL;
  /** The X-Smokescreen-Role. */
  readonly role: string;
}

/** The port of a proxy whose address has none. */
const DEFAULT_PORT = 80;
/** With these, Smokescreen says that it did not reach the server; its answer has a reason. */
const UNREACHED: readonly (number | undefined)[] = [502, 504];
const FORBIDDEN = 407;

type ConnectionCallback = (error: Error | null, socket: Duplex) => void;

/** Stands for a missing socket; Node's types know no such case. */
const NONE = undefined as unknown as Duplex;

/** Where a proxy is. */
export function proxyPlace({ url }: Pick<Proxy, "url">): Place {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: url.port === "" ? DEFAULT_PORT : Number(url.port) };
}

/** A proxy as messages name it. */
export function proxyText(proxy: Pick<Proxy, "url">): string {
  return `The proxy ${placeText(proxyPlace(proxy))}`;
}

/** The headers that a proxy gets. */
export function proxyHeaders({ url, role }: Proxy): Record<string, string> {
  const { username, password } = url;
  const headers = { "X-Smokescreen-Role": role };
  if (username === "") return headers;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { ...headers, "Proxy-Authorization": `Basic ${Buffer.from(login).toString("base64")}` };
}

/**
 * What a proxy means by an answer that it gives instead of a server.
 *
 * @param mayHaveArrived Whether an earlier request of the call has arrived.
 * @returns `undefined` when the answer is the server's.
 */
export function proxyRefusal(
  { statusCode, headers }: Pick<IncomingMessage, "statusCode" | "headers">,
  place: Place,
  mayHaveArrived: boolean,
): HttpError | undefined {
  const reason = headers["x-smokescreen-error"];
  const said = reason === undefined ? "" : `: ${words(String(reason))}`;
  const options = { mayHaveArrived, proxyStatus: statusCode };
  if (statusCode === FORBIDDEN) {
    return new HttpError("forbidden", `The proxy refuses ${placeText(place)}${said}`, options);
  }
  if (reason !== undefined && UNREACHED.includes(statusCode)) {
    return new HttpError("network", `The proxy cannot reach ${placeText(place)}${said}`, options);
  }
  return undefined;
}

/**
 * Opens a connection to a server through a proxy (CONNECT).
 *
 * @throws {HttpError} When the proxy cannot be reached or refuses.
 */
export async function tunnel(proxy: Proxy, place: Place, signal: AbortSignal): Promise<Socket> {
  const path = placeText(place);
  const request = http.request({
    ...proxyPlace(proxy),
    ...{ method: "CONNECT", path, signal, agent: new http.Agent() },
    headers: { ...proxyHeaders(proxy), Host: path },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  request.on("connect", (response, socket, head) => {
    const error = tunnelProblem(response, place, head.length);
    if (!error) return resolve(socket as Socket);
    socket.destroy();
    reject(error);
  });
  request.on("response", (response) => {
    request.destroy();
    reject(tunnelProblem(response, place, 0));
  });
  request.on("error", (error) => {
    const place = proxyText(proxy);
    reject(httpErrorOf(error, { place, signal, mayHaveArrived: false, kind: "proxy" }));
  });
  request.end();
  return await promise;
}

/** Sends requests of https: through a proxy, which sees the server's name and no more. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: Proxy;
  readonly #target: Target;
  readonly #tls: { readonly ca?: string[]; readonly signal: AbortSignal };

  /** @param tls The authorities that are trusted, and what ends the call. */
  constructor(
    proxy: Proxy,
    target: Target,
    tls: { readonly ca?: string[]; readonly signal: AbortSignal },
  ) {
    super({ keepAlive: false });
    this.#proxy = proxy;
    this.#target = target;
    this.#tls = tls;
  }

  /** Opens the tunnel, and TLS in it. The callback gets both, so nothing is returned. */
  override createConnection(_options: unknown, callback?: ConnectionCallback): Duplex {
    const { host, isAddress } = this.#target;
    const names = isAddress ? { host } : { host, servername: host };
    const { ca, signal } = this.#tls;
    tunnel(this.#proxy, this.#target, signal).then(
      (socket) => callback?.(null, tls.connect({ socket, ...names, ...(ca ? { ca } : {}) })),
      (error) => callback?.(error, NONE),
    );
    return NONE;
  }
}

function tunnelProblem(
  response: IncomingMessage,
  place: Place,
  early: number,
): HttpError | undefined {
  const refusal = proxyRefusal(response, place, false);
  if (refusal) return refusal;
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300 && early === 0) return undefined;
  const answer = early > 0 ? "sends data before it is asked" : `answers CONNECT with ${status}`;
  return new HttpError("proxy", `The proxy ${answer}, for ${placeText(place)}`, {
    proxyStatus: status,
  });
}
