/**
 * Who sends a request: by the address and the API key of Basic authentication.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Database } from "../../domain/database/database.ts";
import { isDatabaseLost } from "../../domain/database/database_error.ts";
import { type ApiUser, usersWithAddress, userWithKey } from "../../domain/users/api_login.ts";
import { ApiError, tooOften, unavailable } from "./answers.ts";
import { RateLimit } from "./rate_limit.ts";

/** How long a login is known, in ms: so long may one go on whose user has lost the right to it. */
const KNOWN_MS = 30_000;
/** The most logins that are known. */
const MOST_KNOWN = 20_000;
/** Zulip's limits: wrong keys of one address within half an hour, and requests of a user a minute. */
const WRONG = { most: 5, seconds: 1800 };
const REQUESTS = { most: 200, seconds: 60 };
/** The most wrong keys from one place within half an hour, of whatever address. */
const WRONG_OF_PLACE = 100;

/** How logins are checked. */
export interface LoginsOptions {
  readonly database: () => Promise<Database>;
  /** Whether users may ask only so often; wrong keys are always counted. */
  readonly isRateLimited: boolean;
  /** ms since any moment. @default {performance.now} */
  readonly now?: () => number;
}

/** Checks logins, and keeps those that were right for a while. */
export class Logins {
  readonly #options: LoginsOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly user: ApiUser; readonly until: number }>();
  readonly #wrong: RateLimit;
  readonly #wrongOfPlace: RateLimit;
  readonly #requests: RateLimit;

  /** @param options How logins are checked. */
  constructor(options: LoginsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#wrong = new RateLimit(WRONG.most, WRONG.seconds, this.#now);
    this.#wrongOfPlace = new RateLimit(WRONG_OF_PLACE, WRONG.seconds, this.#now);
    this.#requests = new RateLimit(REQUESTS.most, REQUESTS.seconds, this.#now);
  }

  /**
   * The user who sends a request.
   *
   * @param place Where it comes from.
   * @throws {ApiError} When it has no right login, asks too often, or the database is unavailable.
   */
  async userOf(request: Request, place: string): Promise<ApiUser> {
    const { address, key } = credentials(request.headers.get("authorization"));
    const user = await this.#login(address, key, place);
    if (!user.isRealmActive) {
      throw new ApiError(401, "REALM_DEACTIVATED", "This organization has been deactivated");
    }
    if (!user.isActive) throw new ApiError(401, "USER_DEACTIVATED", "Account is deactivated");
    if (this.#options.isRateLimited) this.#count(user.id);
    return user;
  }

  /** Forgets all, as users have changed. */
  forget(): void {
    this.#known.clear();
  }

  async #login(address: string, key: string, place: string): Promise<ApiUser> {
    const pair = createHash("sha256").update(`${address}\0${key}`).digest("base64");
    const known = this.#known.get(pair);
    if (known && known.until > this.#now()) return known.user;
    const who = `${place} ${address.toLowerCase()}`;
    const wait = Math.max(this.#wrong.waitSeconds(who), this.#wrongOfPlace.waitSeconds(place));
    if (wait > 0) throw tooOften(wait);
    const user = await this.#find(address, key);
    if (!user) {
      this.#wrong.add(who);
      this.#wrongOfPlace.add(place);
      throw new ApiError(401, "INVALID_API_KEY", "Invalid API key");
    }
    this.#keep(pair, user);
    return user;
  }

  async #find(address: string, key: string): Promise<ApiUser | undefined> {
    try {
      return userWithKey(await usersWithAddress(await this.#options.database(), address), key);
    } catch (error) {
      throw isDatabaseLost(error) ? unavailable("database") : error;
    }
  }

  #keep(pair: string, user: ApiUser): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.delete(pair);
    this.#known.set(pair, { user, until: this.#now() + KNOWN_MS });
  }

  #count(userId: number): void {
    const key = String(userId);
    const wait = this.#requests.waitSeconds(key);
    if (wait > 0) throw tooOften(wait);
    this.#requests.add(key);
  }
}

/** @throws {ApiError} When there are none, or they cannot be read. */
function credentials(header: string | null): { address: string; key: string } {
  if (header === null) throw unauthorized("Missing authorization header for basic auth");
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header.trim()) ?? [];
  const text = encoded === undefined ? "" : new TextDecoder().decode(bytesOf(encoded));
  const at = text.lastIndexOf(":");
  if (at < 1) throw unauthorized("Invalid authorization header for basic auth");
  // PostgreSQL takes no NUL.
  return { address: text.slice(0, at).replaceAll("\0", ""), key: text.slice(at + 1) };
}

function bytesOf(encoded: string): Uint8Array {
  return Uint8Array.from(Buffer.from(encoded, "base64"));
}

function unauthorized(message: string): ApiError {
  const headers = { "www-authenticate": 'Basic realm="zulip"' };
  return new ApiError(401, "UNAUTHORIZED", message, {}, headers);
}
