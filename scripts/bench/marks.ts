/**
 * What a benchmarked process says of itself: the clock and its CPU at some of its events.
 *
 * @module
 */

/** A process at one of its events. */
export interface Mark {
  /** Events so far. */
  readonly count: number;
  /** ms since 1970, with a fraction. */
  readonly at: number;
  /** CPU used by all threads, user and system, in µs. */
  readonly cpuMicros: number;
  /** The most memory it had so far, in bytes. */
  readonly peakRssBytes: number;
}

const TICKS_PER_SECOND = 100; // Linux's USER_HZ

/** Looks at this process. */
export function mark(count: number): Mark {
  return markOf("self", count);
}

/** Looks at a process. */
export function markOf(pid: number | "self", count: number): Mark {
  return {
    count,
    at: performance.timeOrigin + performance.now(),
    cpuMicros: cpuMicros(Deno.readTextFileSync(`/proc/${pid}/stat`)),
    peakRssBytes: peakRssBytes(Deno.readTextFileSync(`/proc/${pid}/status`)),
  };
}

/** Counts events and prints a line of JSON at each of the marked ones. */
export class Marker {
  readonly #marks: ReadonlySet<number>;
  #count = 0;

  /** @param marks Which events to mark, comma-separated, as in BENCH_MARKS. */
  constructor(marks: string) {
    this.#marks = new Set(marks.split(",").map(Number));
  }

  /** Counts one. @returns How many there were. */
  next(): number {
    const count = ++this.#count;
    if (this.#marks.has(count)) console.log(JSON.stringify(mark(count)));
    return count;
  }
}

function cpuMicros(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) * (1e6 / TICKS_PER_SECOND);
}

function peakRssBytes(status: string): number {
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}
