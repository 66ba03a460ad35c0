/**
 * Who gets a digest today, and why others do not.
 *
 * @module
 */

import { SYSTEM_REALM } from "../database/codes.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** What a digest tells of: the last five days. Who was there during them gets none. */
const PERIOD_MS = 5 * DAY_MS;
/** For so long a user gets no second digest. */
const BETWEEN_MS = 12 * 60 * 60 * 1000;

/** What decides whether a realm has its digests today. */
export interface RealmFacts {
  /** Its subdomain. */
  readonly stringId: string;
  readonly isDeactivated: boolean;
  /** `digest_emails_enabled`. */
  readonly hasDigests: boolean;
  /** `digest_weekday`, from 0, a Monday. */
  readonly weekday: number;
}

/** What decides whether a user gets a digest. */
export interface UserFacts {
  readonly isActive: boolean;
  readonly isBot: boolean;
  /** `enable_digest_emails`. */
  readonly isOn: boolean;
  /** Not the owner of a demo organization, who has given none. */
  readonly hasAddress: boolean;
  /** Whether the user was there since {@linkcode cutoffOf}. */
  readonly wasThere: boolean;
  /** Whether a digest was made since {@linkcode lastDigestAfter}. */
  readonly gotOne: boolean;
}

/** Why no user of a realm gets a digest today. */
export type RealmReason = "the system's realm" | "deactivated" | "off" | "another weekday";

/** Why a user gets no digest today. */
export type UserReason =
  | "deactivated"
  | "a bot"
  | "turned off"
  | "no address"
  | "was there"
  | "got one";

/** The weekday of a time in UTC, from 0, a Monday. @param now ms since 1970. */
export function weekdayOf(now: number): number {
  return (new Date(now).getUTCDay() + 6) % 7;
}

/** The time that a digest of now begins with, in ms since 1970: a whole second. */
export function cutoffOf(now: number): number {
  return Math.floor((now - PERIOD_MS) / 1000) * 1000;
}

/** A user who has got a digest after this time, in ms since 1970, gets none now. */
export function lastDigestAfter(now: number): number {
  return now - BETWEEN_MS;
}

/** Why a realm has no digests today; `undefined` where it has. @param now ms since 1970. */
export function whyNoDigests(realm: RealmFacts, now: number): RealmReason | undefined {
  if (realm.stringId === SYSTEM_REALM) return "the system's realm";
  if (realm.isDeactivated) return "deactivated";
  if (!realm.hasDigests) return "off";
  return realm.weekday === weekdayOf(now) ? undefined : "another weekday";
}

/** Why a user of a realm with digests gets none; `undefined` where the user gets one. */
export function whyNoDigest(user: UserFacts): UserReason | undefined {
  if (!user.isActive) return "deactivated";
  if (user.isBot) return "a bot";
  if (!user.isOn) return "turned off";
  if (!user.hasAddress) return "no address";
  if (user.wasThere) return "was there";
  return user.gotOne ? "got one" : undefined;
}
