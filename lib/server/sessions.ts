/**
 * Sessions of a browser: a cookie in place of a token, for 12 hours, in memory.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Right } from "./router.ts";

/** Who has a session. */
export interface Session {
  readonly by: string;
  readonly right: Right;
}

/** How long a session lasts, in seconds. */
export const SESSION_SECONDS = 12 * 60 * 60;
/** The most sessions; the oldest ends for a new one. */
const MOST_SESSIONS = 1000;
const COOKIE = "process_queue_session";

/** The sessions of a server. */
export class Sessions {
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session & { readonly endsAt: number }>();

  /** @param now A clock in ms. @default {performance.now} */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins a session. @returns Its id. */
  begin(session: Session): string {
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { ...session, endsAt: this.#now() + SESSION_SECONDS * 1000 });
    if (this.#sessions.size > MOST_SESSIONS) this.#endOldest();
    return id;
  }

  /** A session that has not ended. */
  find(id: string): Session | undefined {
    const found = this.#sessions.get(id);
    if (!found || found.endsAt > this.#now()) return found;
    this.#sessions.delete(id);
    return undefined;
  }

  /** Ends a session. */
  end(id: string): void {
    this.#sessions.delete(id);
  }

  #endOldest(): void {
    for (const id of this.#sessions.keys()) return void this.#sessions.delete(id);
  }
}

/** The session's id in the cookies of a request. */
export function sessionId(request: Pick<Request, "headers">): string | undefined {
  for (const part of (request.headers.get("Cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE && value) return value;
  }
  return undefined;
}

/**
 * The header that sets the cookie; without an id, the one that removes it.
 *
 * @param path The path before all others.
 */
export function sessionCookie(id: string | undefined, path: string): string {
  const age = id === undefined ? 0 : SESSION_SECONDS;
  return `${COOKIE}=${id ?? ""}; Path=${path || "/"}; Max-Age=${age}; HttpOnly; SameSite=Strict`;
}
