/**
 * What the headers of a dead letter say about its failure.
 *
 * @module
 */

import type { StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER, timesRetried } from "../../engine/broker/headers.ts";
import { fingerprint } from "../../errors/fingerprint.ts";

/** Why and when an event was given up. Texts are `""` where nothing is known. */
export interface FailureFacts {
  /** Such as `error`, `invalid` or `timeout`. */
  readonly reason: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** ISO 8601. */
  readonly failedAt: string;
  /** ISO 8601. */
  readonly firstFailedAt: string;
  /** How often it ran before it was given up; 0 where nothing is known. */
  readonly attempts: number;
  /** How often operators have put it back. */
  readonly retried: number;
  /** Who has put it back last. */
  readonly retriedBy: string;
}

/** Reads the failure of a dead letter. */
export function failureFacts({ properties }: Pick<StoredEvent, "properties">): FailureFacts {
  const text = (name: string) => String(properties.headers?.[name] ?? "");
  return {
    reason: text(HEADER.reason),
    name: text(HEADER.errorName),
    message: text(HEADER.errorMessage),
    stack: text(HEADER.errorStack),
    failedAt: text(HEADER.failedAt),
    firstFailedAt: text(HEADER.firstFailedAt),
    attempts: Number(properties.headers?.[HEADER.attempts]) || 0,
    retried: timesRetried(properties),
    retriedBy: text(HEADER.retriedBy),
  };
}

/** The {@linkcode fingerprint} of a dead letter's failure. */
export function fingerprintOf(
  { reason, ...error }: Pick<FailureFacts, "reason" | "name" | "message" | "stack">,
): string {
  return fingerprint({ reason, error });
}
