/**
 * Marks that a benchmarked process prints: the clock and its CPU at some of its events.
 *
 * @module
 */

/** A process at one of its events. The benchmark of another checkout reads these names, too. */
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

/** Measures this process. */
export function mark(count: number): Mark {
  return markOf("self", count);
}

/** Measures a process. */
export function markOf(pid: number | "self", count: number): Mark {
  return {
    count,
    at: performance.timeOrigin + performance.now(),
    cpuMicros: cpuMicros(Deno.readTextFileSync(`/proc/${pid}/stat`), 11),
    peakRssBytes: peakRssBytes(Deno.readTextFileSync(`/proc/${pid}/status`)),
  };
}

/** CPU that this process's children used until they ended, in µs. */
export function endedChildrenCpuMicros(): number {
  return cpuMicros(Deno.readTextFileSync("/proc/self/stat"), 13);
}

/** Counts events and prints a line of JSON at each of the marked ones. */
export class Marker {
  readonly #marks: ReadonlySet<number>;
  #count = 0;

  /** @param marks The events to mark, comma-separated, as in BENCH_MARKS. */
  constructor(marks: string) {
    this.#marks = new Set(marks.split(",").map(Number));
  }

  /** Counts one. @returns The count so far. */
  next(): number {
    const count = ++this.#count;
    if (this.#marks.has(count)) console.log(JSON.stringify(mark(count)));
    return count;
  }
}

/** @param user The field of the user's time after the program's name; the system's follows it. */
function cpuMicros(stat: string, user: number): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[user]) + Number(fields[user + 1])) * (1e6 / TICKS_PER_SECOND);
}

function peakRssBytes(status: string): number {
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}
