/**
 * The way of a request: to a checked address, through a tunnel of a proxy, or by a proxy.
 *
 * @module
 */

import http from "node:http";
import https from "node:https";
import type { AllowList } from "./allow_list.ts";
import type { Call } from "./exchange.ts";
import { HttpError } from "./http_error.ts";
import { type Proxy, proxyHeaders, proxyPlace, proxyText, TunnelAgent } from "./proxy.ts";
import type { Hop } from "./redirect.ts";
import { checkedAddresses, pinned, type Resolve } from "./resolve.ts";
import { placeText } from "./target.ts";

/** What decides on the way of a request. */
export interface Way extends Pick<Call, "signal" | "mayHaveArrived" | "maxBytes"> {
  /** `undefined`: this machine connects itself. */
  readonly proxy: Proxy | undefined;
  /** Further authorities that are trusted, in PEM. */
  readonly ca: string | undefined;
  readonly allowed: AllowList;
  readonly resolve: Resolve;
}

/**
 * Prepares a request, up to where it goes.
 *
 * @throws {HttpError} When it must not be sent.
 * @throws {Error} When its name cannot be resolved.
 */
export async function callOf(hop: Hop, way: Way): Promise<Call> {
  const { target } = hop;
  if (!way.proxy) return await direct(hop, way);
  if (!target.isAddress && !way.allowed.allowsName(target)) {
    const message = `${placeText(target)} is not called: it is a name of the proxy's own machine`;
    throw new HttpError("forbidden", message, { mayHaveArrived: way.mayHaveArrived });
  }
  return target.isSecure ? tunnelled(hop, way, way.proxy) : proxied(hop, way, way.proxy);
}

async function direct(hop: Hop, way: Way): Promise<Call> {
  const { target } = hop;
  const { allowed, resolve, mayHaveArrived } = way;
  const addresses = await checkedAddresses(target, allowed, resolve, mayHaveArrived);
  const options = { keepAlive: false, lookup: pinned(addresses) };
  const agent = target.isSecure
    ? new https.Agent({ ...options, ...authorities(way) })
    : new http.Agent(options);
  return { ...common(hop, way), options: { ...toServer(hop), agent } };
}

function tunnelled(hop: Hop, way: Way, proxy: Proxy): Call {
  const agent = new TunnelAgent(proxy, hop.target, { ...authorities(way), signal: way.signal });
  return { ...common(hop, way), options: { ...toServer(hop), agent } };
}

function proxied(hop: Hop, way: Way, proxy: Proxy): Call {
  const options = {
    ...proxyPlace(proxy),
    method: hop.method,
    path: hop.target.url.href,
    headers: { ...headersOf(hop), ...proxyHeaders(proxy) },
    agent: new http.Agent({ keepAlive: false }),
  };
  const peer = { place: proxyText(proxy), unreachable: "proxy" } as const;
  return { ...common(hop, way), options, peer };
}

function common({ target, body }: Hop, way: Way): Omit<Call, "options"> {
  const { signal, mayHaveArrived, maxBytes } = way;
  const place = placeText(target);
  return {
    ...{ isSecure: target.isSecure, body, place, peer: { place, unreachable: "network" } },
    ...{ signal, mayHaveArrived, maxBytes },
  };
}

function toServer(hop: Hop): Omit<Call["options"], "agent"> {
  const { host, port, url } = hop.target;
  return {
    host,
    port,
    method: hop.method,
    path: url.pathname + url.search,
    headers: headersOf(hop),
  };
}

/** The headers of a request: the caller's and the connection's. */
function headersOf({ target, method, headers, body }: Hop): Record<string, string> {
  const length = body?.length ?? (method === "POST" ? 0 : undefined);
  return {
    ...headers,
    host: target.url.host,
    "accept-encoding": "identity",
    connection: "close",
    ...(length === undefined ? {} : { "content-length": String(length) }),
  };
}

function authorities({ ca }: Way): { ca?: string[] } {
  return ca === undefined ? {} : { ca: [ca] };
}
