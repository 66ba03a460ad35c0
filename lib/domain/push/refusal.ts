/**
 * What an answer of Apple's or Google's means, before it is known whether our credentials are new.
 *
 * @module
 */

import type { DeviceOutcome } from "./push_transport.ts";

/** The service refuses our credentials, or all pushes. */
export interface ServiceRefusal {
  readonly kind: "service";
  /** What the service said, and what to do. */
  readonly reason: string;
  /** ms for which to leave the service alone. */
  readonly afterMs?: number;
}

/** The service refuses a token of ours that may have expired: another may be accepted. */
export interface StaleToken {
  readonly kind: "stale token";
  /** What the service said, and what to do where it says the same of a new token. */
  readonly reason: string;
}

/** What an answer means. */
export type AnswerMeaning = DeviceOutcome | ServiceRefusal | StaleToken;
