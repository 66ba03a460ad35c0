/**
 * Who sends a request over TCP, and what they may see and do.
 *
 * @module
 */

import { isLoopback } from "../config/listen_address.ts";
import { HttpError } from "./http_error.ts";
import { type Caller, includes } from "./router.ts";
import { type Session, sessionId, type Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";
import type { WrongTokens } from "./wrong_tokens.ts";

/** What decides. */
export interface RightsOptions {
  readonly tokens: Pick<Tokens, "rightOf">;
  readonly sessions: Sessions;
  readonly wrong: WrongTokens;
  /** Whether numbers are for everybody. */
  readonly metricsOpen: boolean;
}

/** The headers of a request are enough. */
export type WithHeaders = Pick<Request, "headers">;

/** A caller, and how the request proves it. */
export interface Proof extends Caller {
  readonly kind: "token" | "session" | "address";
}

/**
 * Who sends a request.
 *
 * @param address The address that it comes from.
 * @throws {HttpError} `unauthorized` for a wrong token, `too_many_requests` after 5 within a minute.
 */
export function proofOf(request: WithHeaders, address: string, options: RightsOptions): Proof {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(request.headers.get("Authorization") ?? "") ?? [];
  if (token !== undefined) {
    const session = checkToken(token, address, undefined, options);
    return { ...session, kind: "token", isKnown: true, door: "http" };
  }
  const session = options.sessions.find(sessionId(request) ?? "");
  if (session) return { ...session, kind: "session", isKnown: true, door: "http" };
  const seesNumbers = options.metricsOpen || isLocal(request, address);
  const right = seesNumbers ? "numbers" : "probes";
  return { right, kind: "address", isKnown: false, by: address, door: "http" };
}

/**
 * What a token allows.
 *
 * @param name Who has it. @default {the address}
 * @throws {HttpError} As {@linkcode proofOf} does.
 */
export function checkToken(
  token: string,
  address: string,
  name: string | undefined,
  { tokens, wrong }: Pick<RightsOptions, "tokens" | "wrong">,
): Session {
  if (wrong.isLimited(address)) {
    const message = "Too many wrong tokens from this address: wait a minute";
    throw new HttpError("too_many_requests", message, { "Retry-After": "60" });
  }
  const right = tokens.rightOf(token);
  if (right) return { right, by: name ?? address };
  wrong.add(address);
  const message = "The token is not the one in HTTP_TOKEN_FILE or STATE_DIR/http-token";
  throw new HttpError("unauthorized", message, { "WWW-Authenticate": "Bearer" });
}

/**
 * Refuses a change that a page elsewhere may have caused.
 *
 * @throws {HttpError} `forbidden`, or `bad_request` for a body that a form can send.
 */
export function checkChange(
  request: Request,
  { kind, right }: Pick<Proof, "kind" | "right">,
): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const type = request.headers.get("Content-Type") ?? "";
  if (request.method === "POST" && !/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new HttpError("bad_request", "Send the body as Content-Type: application/json");
  }
  if (kind === "token" || !includes(right, "events")) return;
  if (!isSameOrigin(request)) {
    throw new HttpError("forbidden", "A session changes something only from its own page");
  }
}

/** Whether a page of this server, or no page at all, sends the request. */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "same-origin";
  const origin = request.headers.get("Origin");
  return origin !== null && URL.parse(origin)?.host === request.headers.get("Host");
}

/** A proxy on this machine passes on what comes from elsewhere. */
function isLocal(request: WithHeaders, address: string): boolean {
  const isPassedOn = ["Forwarded", "X-Forwarded-For", "Via"].some((name) =>
    request.headers.has(name)
  );
  return isLoopback(address) && !isPassedOn;
}
