/**
 * How long it took after each fault until a handler had done an event again. It is longer where
 * another fault came meanwhile.
 *
 * @module
 */

import type { LedgerLine } from "./ledger.ts";

/** Something that was done to the processes or their broker. */
export interface Fault {
  readonly kind: string;
  /** ms since 1970: when it was made; with the broker away, when the broker was there again. */
  readonly at: number;
  /** The process that has to do events again. @default {any} */
  readonly pid?: number;
  /** The event that brought the fault: its queue has to go on in the process where it began. */
  readonly id?: string;
}

/** The faults of one kind. */
export interface Recovery {
  readonly kind: string;
  readonly count: number;
  /** ms until a handler had done an event; less than `count` where the process was ended before. */
  readonly times: readonly number[];
}

/** The times of all kinds of faults. @param ledger In the order of its time. */
export function recoveries(
  faults: readonly Fault[],
  ledger: readonly LedgerLine[],
): Recovery[] {
  const done = ledger.filter(({ what }) => what === "done");
  const begun = new Map<string, LedgerLine>();
  for (const line of ledger.toReversed()) if (line.what === "begun") begun.set(line.id, line);
  const kinds = Map.groupBy(faults, ({ kind }) => kind);
  return [...kinds].sort().map(([kind, faults]) => ({
    kind,
    count: faults.length,
    times: faults.flatMap((fault) => timeOf(fault, done, begun)),
  }));
}

/** The middle of a list of numbers; `undefined` of an empty one. */
export function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

function timeOf(
  { at, pid, id }: Fault,
  done: readonly LedgerLine[],
  begun: ReadonlyMap<string, LedgerLine>,
): number[] {
  if (id === undefined) {
    return firstAfter(done, at, (line) => pid === undefined || line.pid === pid);
  }
  const start = begun.get(id);
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
