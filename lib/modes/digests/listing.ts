/**
 * What `enqueue-digest-emails` prints.
 *
 * @module
 */

import type { CandidateRealm, CandidateUser } from "../../domain/digests/candidates.ts";
import type { RealmReason, UserReason } from "../../domain/digests/due.ts";
import { counted } from "../../errors/counted.ts";

const WEEKDAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** A user of a realm that has digests today, and why the user gets none. */
export interface ListedUser extends Pick<CandidateUser, "id"> {
  readonly reason: UserReason | undefined;
}

/** A realm, why it has no digests today, and its users, who are not looked up then. */
export interface ListedRealm {
  /** Its host. */
  readonly name: string;
  readonly realm: CandidateRealm;
  readonly reason: RealmReason | undefined;
  readonly users: readonly ListedUser[];
}

/** The name of a weekday. @param weekday From 0, a Monday. */
export function weekdayName(weekday: number): string {
  return WEEKDAYS[weekday] ?? `weekday ${weekday}, which no day is`;
}

const OF_REALM: Readonly<Record<Exclude<RealmReason, "another weekday">, string>> = {
  "the system's realm": "it is the realm of the system's bots",
  deactivated: "it is deactivated",
  off: "it has digests turned off (digest_emails_enabled)",
};

const OF_USER: Readonly<Record<UserReason, string>> = {
  deactivated: "is deactivated",
  "a bot": "is a bot",
  "turned off": "has turned digests off (enable_digest_emails)",
  "no address": "has given no address",
  "was there": "was active in the last 5 days",
  "got one": "got a digest within 12 hours",
};

/** A realm in one line. */
export function realmLine({ name, realm, reason, users }: ListedRealm): string {
  const which = `${name} (realm ${realm.id})`;
  if (reason === "another weekday") {
    return `${which}: no digests, its day is ${weekdayName(realm.weekday)}`;
  }
  if (reason) return `${which}: no digests, ${OF_REALM[reason]}`;
  const due = users.filter((user) => !user.reason).length;
  return `${which}: ${due} of ${counted(users.length, "user")}`;
}

/** A user in one line. */
export function userLine({ id, reason }: ListedUser): string {
  return `  user ${id}: ${resultOf(reason)}`;
}

function resultOf(reason: UserReason | undefined): string {
  return reason ? `no digest, ${OF_USER[reason]}` : "a digest, if there is enough to report";
}

/** How many users get a digest, and how many get none by each reason. */
export function countLines(users: readonly ListedUser[]): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of users) {
    const text = resultOf(reason);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const width = Math.max(0, ...[...counts.values()].map((count) => String(count).length));
  return [...counts].sort(([, one], [, other]) => other - one)
    .map(([text, count]) => `${String(count).padStart(width)}  ${text}`);
}
