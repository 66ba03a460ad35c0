/**
 * The check by `check-config` of what calls addresses of users: the file of authorities, the proxies.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { httpRules } from "../domain/http/configured.ts";
import { HttpError } from "../domain/http/http_error.ts";
import { proxyPlace, tunnel } from "../domain/http/proxy.ts";
import { placeText } from "../domain/http/target.ts";
import { fine, type Found, warning } from "../operations/doctor/finding.ts";
import { notUsed } from "./doctor/check_text.ts";

/** How long a proxy has to answer, in ms. */
const TIMEOUT_MS = 10_000;
/** What no proxy should connect a user's address to: its own machine. */
const OWN_MACHINE = { host: "127.0.0.1", port: 443 };
const CONNECTED = 200;
/** The answers of Smokescreen and of other proxies to what is not allowed. */
const REFUSED: readonly number[] = [403, 407];

/**
 * Reads the file of OUTGOING_CA_FILE, and asks each proxy for a connection to the proxy's own machine,
 * which it should refuse. No data is sent through it.
 *
 * @returns What the proxies do.
 * @throws {Error} When the file cannot be used or a proxy cannot be reached.
 */
export async function checkHttp(config: Pick<Config, "http">): Promise<Found[]> {
  const { proxy } = httpRules(config);
  const proxies = new Map(
    [proxy?.http, proxy?.https].filter((url) => url !== undefined).map((url) => [url.href, url]),
  );
  if (proxies.size === 0) return [notUsed("HTTP_proxy and HTTPS_proxy are not set")];
  const found: Found[] = [];
  for (const url of proxies.values()) found.push(...await tryProxy(url));
  return found;
}

async function tryProxy(url: URL): Promise<Found[]> {
  const where = placeText(proxyPlace({ url }));
  const status = await statusOf(url);
  if (REFUSED.includes(status)) return [fine(`${where}, which refuses private networks`)];
  const open = `${where} does not refuse 127.0.0.1 as Smokescreen does, so that addresses that ` +
    "users give may reach private networks";
  return [fine(where), warning(open)];
}

/** What a proxy answers when it is asked for a connection to its own machine. */
async function statusOf(url: URL): Promise<number> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const socket = await tunnel({ url, role: "process-queue" }, OWN_MACHINE, signal);
    socket.destroy();
    return CONNECTED;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const { proxyStatus = 0, message } = error;
    if (REFUSED.includes(proxyStatus) || proxyStatus >= 500) return proxyStatus;
    throw new Error(`${message}: check HTTP_proxy and HTTPS_proxy, and that the proxy runs`, {
      cause: error,
    });
  }
}
