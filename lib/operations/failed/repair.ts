/**
 * Putting dead letters back into a queue, and dropping them. Nothing is lost: what moves is confirmed
 * before it leaves, and what is dropped is on the disk before, unless that is not wanted.
 *
 * @module
 */

import type { FailedFilter } from "../../command_line/failed_filter.ts";
import type { Broker, StoredEvent } from "../../engine/broker/broker.ts";
import { requeueProperties } from "../../engine/broker/headers.ts";
import type { Decide, Match, SiftOptions, SiftResult } from "../../engine/broker/sift.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { retryMatcherOf, type Verdict } from "./filter.ts";
import type { SavedFile } from "./saved_file.ts";

/** What becomes of the dead letters that match. */
export type RepairAction =
  /** They go to the end of a queue. */
  | {
    readonly kind: "retry";
    /** The queue; it must exist. */
    readonly to: string;
    /** Replaces the body of the one event that matches. */
    readonly body?: Uint8Array;
  }
  /** They are deleted. */
  | { readonly kind: "drop" };

/** A repair of one queue. */
export interface Repair extends Pick<SiftOptions, "ratePerSecond" | "signal" | "onProgress"> {
  readonly queue: string;
  readonly filter: FailedFilter;
  /** What must hold of an event besides. @default {nothing} */
  readonly also?: ((event: StoredEvent) => boolean) | undefined;
  readonly action: RepairAction;
  /** How many events at most. @default {all} */
  readonly limit?: number;
  /** Who does it, such as `ada on host a`. */
  readonly by: string;
  /** The file that events are written to before they leave. @default {none} */
  readonly saved?: SavedFile;
  /** See {@linkcode SiftOptions.countsDelivery}. */
  readonly countsDelivery?: boolean;
}

/** What came of a repair, or would come of it. */
export interface RepairResult {
  readonly action: RepairAction["kind"];
  readonly queue: string;
  /** Events that were looked at, of how many. */
  readonly scanned: number;
  readonly of: number;
  /** Events that match. */
  readonly matched: number;
  /** Events that have left the queue. */
  readonly moved: number;
  /** Events that match, and were put back three times or more before. */
  readonly left_alone: number;
  /** Events that are still there, of those that were when it started. */
  readonly remaining: number;
  /** The file that they were written to; `null` without one. */
  readonly saved: string | null;
  readonly complete: boolean;
  readonly seconds: number;
  readonly dry_run: boolean;
}

/** A result, and why it is incomplete. */
export interface RepairEnd {
  readonly result: RepairResult;
  readonly failure?: unknown;
}

/**
 * Counts what a repair would do, and does nothing. The caller holds the lock of the dead letters.
 *
 * @param onMatch Called with each event that matches.
 */
export async function countRepair(
  broker: Broker,
  repair: Repair,
  onMatch: (event: StoredEvent) => void = () => {},
): Promise<RepairEnd> {
  const tally = new Tally(repair);
  const { limit: _limit, ratePerSecond: _rate, ...options } = siftOptions(repair, tally);
  const start = performance.now();
  const looked = await broker.sift(failedQueueName(repair.queue), (event) => {
    if (tally.count(event) === "match") onMatch(event);
    return "keep";
  }, options);
  return tally.end(looked, start, true);
}

/** Carries a repair out. The caller holds the lock of the dead letters. */
export async function carryOutRepair(broker: Broker, repair: Repair): Promise<RepairEnd> {
  const { queue, by, saved } = repair;
  const tally = new Tally(repair);
  const remove = removalOf(repair);
  const start = performance.now();
  const decide: Decide = (event) => tally.count(event) === "match" ? remove(event) : "keep";
  const save = saved && {
    beforeRemoval: (matches: readonly Match[]) =>
      saved.add(matches.map(({ event }) => event), { queue, by }),
  };
  const options = { ...siftOptions(repair, tally), ...save };
  return tally.end(await broker.sift(failedQueueName(queue), decide, options), start, false);
}

function removalOf({ action, by }: Repair): Decide {
  if (action.kind === "drop") return () => ({ drop: true });
  const { to, body } = action;
  return (event) => ({
    move: to,
    properties: requeueProperties(event, Date.now(), by),
    ...(body && { body }),
  });
}

function siftOptions(
  { limit, ratePerSecond, signal, onProgress, countsDelivery = false }: Repair,
  { restart: onRestart }: Pick<Tally, "restart">,
): SiftOptions {
  return {
    countsDelivery,
    onRestart,
    ...(limit === undefined ? {} : { limit }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  };
}

/** Counts by verdict. */
class Tally {
  readonly #repair: Repair;
  readonly #verdictOf: (event: StoredEvent) => Verdict;
  #matched = 0;
  #leftAlone = 0;

  constructor(repair: Repair) {
    const verdictOfFilter = retryMatcherOf(repair.filter, Date.now());
    const { also = () => true } = repair;
    const verdictOf = (event: StoredEvent) => also(event) ? verdictOfFilter(event) : "other";
    const isRetry = repair.action.kind === "retry";
    this.#repair = repair;
    this.#verdictOf = isRetry ? verdictOf : (event) => {
      return verdictOf(event) === "other" ? "other" : "match";
    };
  }

  count(event: StoredEvent): Verdict {
    const verdict = this.#verdictOf(event);
    if (verdict === "match") this.#matched++;
    if (verdict === "left alone") this.#leftAlone++;
    return verdict;
  }

  /** All that is still there is looked at again, also what matched and could not leave the queue. */
  readonly restart = (removed: number): void => {
    this.#matched = removed;
    this.#leftAlone = 0;
  };

  end(sifted: SiftResult, start: number, isDryRun: boolean): RepairEnd {
    const { action, queue, saved, limit = Infinity } = this.#repair;
    const { scanned, of, removed, complete, failure } = sifted;
    const result: RepairResult = {
      action: action.kind,
      queue,
      scanned,
      of,
      matched: Math.min(limit, this.#matched),
      moved: removed,
      left_alone: this.#leftAlone,
      remaining: of - removed,
      saved: saved && saved.count > 0 ? saved.path : null,
      complete,
      seconds: Math.round(performance.now() - start) / 1000,
      dry_run: isDryRun,
    };
    return failure === undefined ? { result } : { result, failure };
  }
}
