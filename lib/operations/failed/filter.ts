/**
 * Deciding which dead letters a command means.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { FailedFilter } from "../../command_line/failed_filter.ts";
import type { StoredEvent } from "../../engine/broker/broker.ts";
import { failureFacts, fingerprintOf } from "./dead_letter.ts";
import { namedBy } from "./handle.ts";

/** An event that was put back so often is left alone, unless it is named or the filter says so. */
const TOO_OFTEN = 3;

/** What a filter says about an event. */
export type Verdict =
  /** It is meant. */
  | "match"
  /** It is not. */
  | "other"
  /** It would be, but was put back three times or more before. */
  | "left alone";

/**
 * Makes what decides about dead letters.
 *
 * @param now ms since 1970.
 */
export function matcherOf(filter: FailedFilter, now: number): (event: StoredEvent) => boolean {
  const { ids, text, olderThan = -Infinity, newerThan = Infinity } = filter;
  const isFacts = usesFacts(filter);
  const isNamed = namedBy(ids);
  return (event) => {
    if (ids.length > 0 && !isNamed(event)) return false;
    if (text !== undefined && !Buffer.from(event.body).includes(text)) return false;
    if (!isFacts) return true;
    const facts = failureFacts(event);
    if (filter.olderThan !== undefined || filter.newerThan !== undefined) {
      const seconds = (now - Date.parse(facts.failedAt)) / 1000;
      if (!(seconds >= olderThan && seconds <= newerThan)) return false;
    }
    return isOf(filter.reasons, facts.reason) &&
      isOfError(filter, `${facts.name}: ${facts.message}`) &&
      facts.retried <= (filter.retried ?? Infinity) &&
      (filter.groups.length === 0 || isOf(filter.groups, fingerprintOf(facts)));
  };
}

/**
 * Makes what decides which dead letters are put back.
 *
 * @param now ms since 1970.
 */
export function retryMatcherOf(filter: FailedFilter, now: number): (event: StoredEvent) => Verdict {
  const matches = matcherOf(filter, now);
  const isForced = filter.ids.length > 0 || filter.retried !== undefined;
  return (event) => {
    if (!matches(event)) return "other";
    return !isForced && failureFacts(event).retried >= TOO_OFTEN ? "left alone" : "match";
  };
}

function usesFacts(filter: FailedFilter): boolean {
  const { groups, reasons, error, olderThan, newerThan, retried } = filter;
  return groups.length > 0 || reasons.length > 0 ||
    [error, olderThan, newerThan, retried].some((each) => each !== undefined);
}

function isOf(words: readonly string[], value: string): boolean {
  return words.length === 0 || words.includes(value);
}

function isOfError({ error }: FailedFilter, text: string): boolean {
  return error === undefined || text.toLowerCase().includes(error.toLowerCase());
}
