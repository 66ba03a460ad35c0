/**
 * Which recipients are taken: asked of the database when the client names them, before the mail.
 *
 * @module
 */

import { isDatabaseLost } from "../../domain/database/database_error.ts";
import {
  AddressError,
  decodeAddress,
  type GatewayPatterns,
  innerPart,
  type MirrorAddress,
} from "../../domain/mirror/address.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import type { RealmRates } from "./realm_rates.ts";
import { deniedRecipient, REPLY, type Reply, unknownRecipient } from "./replies.ts";

/** How long the database may take, in ms. */
const LOOKUP_MS = 15_000;
const POSTMASTER = "postmaster";

/** A recipient that is taken. */
export type Target =
  | { readonly kind: "postmaster" }
  | {
    readonly kind: "mirror";
    /** As the client wrote it. */
    readonly address: string;
    /** The id of the organization. */
    readonly realm: number;
  };

/** What the database knows of an address. */
export type Known =
  | { readonly kind: "known"; readonly realm: number }
  /** There is no such address. */
  | { readonly kind: "unknown"; readonly why: string }
  /** Mail to it would not become a message. */
  | { readonly kind: "denied"; readonly why: string };

/** What {@linkcode Recipients} work with. */
export interface RecipientsOptions {
  readonly patterns: GatewayPatterns;
  /** Looks an address up. @throws {DatabaseError} When the database cannot be used. */
  readonly lookUp: (address: MirrorAddress) => Promise<Known>;
  readonly rates: RealmRates;
  /** Whether mail to postmaster can be forwarded. */
  readonly forwardsPostmaster: boolean;
  /** Called with each failure of the database, and with `undefined` after each answer. */
  readonly onDatabase: (reason: string | undefined) => void;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** Decides about recipients. */
export class Recipients {
  readonly #options: RecipientsOptions;

  /** @param options What it works with. */
  constructor(options: RecipientsOptions) {
    this.#options = options;
  }

  /**
   * Decides about one.
   *
   * @param address `local@domain`, or `postmaster` alone.
   * @param others The recipients of the same mail that are taken already.
   * @returns The recipient, or why it is refused.
   * @throws {Error} For a fault of the program.
   */
  async check(address: string, others: readonly Target[]): Promise<Target | Reply> {
    const { patterns, forwardsPostmaster } = this.#options;
    if (isPostmaster(address, patterns)) {
      return forwardsPostmaster ? { kind: "postmaster" } : REPLY.noPostmaster;
    }
    try {
      return await this.#look(address, decodeAddress(address, patterns), others);
    } catch (error) {
      if (error instanceof AddressError) return unknownRecipient(error.message);
      if (!isDatabaseLost(error)) throw error;
      this.#options.onDatabase(error.message);
      return REPLY.noDatabase;
    }
  }

  async #look(
    address: string,
    decoded: MirrorAddress,
    others: readonly Target[],
  ): Promise<Target | Reply> {
    const { lookUp, onDatabase } = this.#options;
    const found = await within(LOOKUP_MS, lookUp(decoded));
    if (found === TOO_LATE) {
      onDatabase(`it did not answer within ${LOOKUP_MS / 1000} s`);
      return REPLY.noDatabase;
    }
    onDatabase(undefined);
    if (found.kind === "unknown") return unknownRecipient(found.why);
    if (found.kind === "denied") return deniedRecipient(found.why);
    const { realm } = found;
    return this.#hasRoom(realm, address, others)
      ? { kind: "mirror", address, realm }
      : REPLY.rateLimited;
  }

  /** A recipient that is named again replaces itself. */
  #hasRoom(realm: number, address: string, others: readonly Target[]): boolean {
    const { rates, now = Date.now } = this.#options;
    const pending = others.filter((other) =>
      other.kind === "mirror" && other.realm === realm &&
      other.address.toLowerCase() !== address.toLowerCase()
    );
    return rates.hasRoom(realm, pending.length, now());
  }
}

/** Mail to postmaster must be taken by every server: at its domain, and without one (RFC 5321). */
export function isPostmaster(address: string, patterns: GatewayPatterns): boolean {
  const small = address.toLowerCase();
  if (small === POSTMASTER || innerPart(address, patterns) === POSTMASTER) return true;
  const domain = patterns.pattern?.split("@").at(-1)?.toLowerCase();
  return small === `${POSTMASTER}@${domain}`;
}
