/**
 * The time from each fault until a handler has processed an event again. Another fault in between
 * makes it longer.
 *
 * @module
 */

import type { LedgerLine } from "./ledger.ts";

/** A fault of a process, a handler or the broker. */
export interface Fault {
  readonly kind: string;
  /** ms since 1970: when the fault was made, or, where nothing works meanwhile, when it was over. */
  readonly at: number;
  /**
   * ms since 1970: when the fault was over, where the program should work meanwhile. Recovery is then
   * the longest time without an event that was processed.
   */
  readonly until?: number;
  /** The queue of which an event must be processed again. @default {any} */
  readonly queue?: string;
  /** The process that must process an event again. @default {any} */
  readonly pid?: number;
  /** The event that made the fault. Its queue must process another event in the same process. */
  readonly id?: string;
}

/** The faults of one kind. */
export interface Recovery {
  readonly kind: string;
  readonly count: number;
  /** Times in ms; fewer than `count` when a process ended before it recovered. */
  readonly times: readonly number[];
}

/** The times of all kinds of faults. @param ledger In the order of its time. */
export function recoveries(
  faults: readonly Fault[],
  ledger: readonly LedgerLine[],
): Recovery[] {
  const done = ledger.filter(({ what }) => what === "done");
  const started = new Map<string, LedgerLine>();
  for (const line of ledger.toReversed()) if (line.what === "started") started.set(line.id, line);
  const kinds = Map.groupBy(faults, ({ kind }) => kind);
  return [...kinds].sort().map(([kind, faults]) => ({
    kind,
    count: faults.length,
    times: faults.flatMap((fault) => timeOf(fault, done, started)),
  }));
}

/** The middle of a list of numbers, or the lower of the two; `undefined` of an empty list. */
export function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

function timeOf(
  { at, until, pid, queue, id }: Fault,
  done: readonly LedgerLine[],
  started: ReadonlyMap<string, LedgerLine>,
): number[] {
  if (id === undefined) {
    const isIt = (line: LedgerLine) =>
      (pid === undefined || line.pid === pid) && (queue === undefined || line.queue === queue);
    return until === undefined ? firstAfter(done, at, isIt) : longestGap(done, at, until, isIt);
  }
  const start = started.get(id);
  if (!start) return [];
  return firstAfter(done, start.at, ({ pid, queue }) => pid === start.pid && queue === start.queue);
}

function firstAfter(
  done: readonly LedgerLine[],
  at: number,
  isIt: (line: LedgerLine) => boolean,
): number[] {
  for (let i = indexAfter(done, at); i < done.length; i++) {
    const line = done[i];
    if (line && isIt(line)) return [line.at - at];
  }
  return [];
}

/** The longest time between two lines, from a time to the first line after another time. */
function longestGap(
  done: readonly LedgerLine[],
  from: number,
  until: number,
  isIt: (line: LedgerLine) => boolean,
): number[] {
  let [longest, last] = [0, from];
  for (let i = indexAfter(done, from); i < done.length; i++) {
    const line = done[i];
    if (!line || !isIt(line)) continue;
    longest = Math.max(longest, line.at - last);
    last = line.at;
    if (line.at > until) return [longest];
  }
  return [];
}

/** The index of the first line after a time. */
function indexAfter(lines: readonly LedgerLine[], at: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.at ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
