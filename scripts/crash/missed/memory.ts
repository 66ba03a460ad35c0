/**
 * The memory of a process over time.
 *
 * @module
 */

import { median } from "../recovery.ts";

/** What a process used at a time. */
export interface MemorySample {
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Resident memory, in MB. */
  readonly mb: number;
}

/** The least samples that show growth. */
const LEAST = 40;
/** Growth that does not count: what the heap varies by, in MB. */
const FLAT_MB = 60;
/** How many of the samples the report names. */
const NAMED = 12;

/** The resident memory of a process in MB; `undefined` where there is no such process. */
export function residentMb(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * By how many MB the last quarter of the samples is above the second one; the first is the start.
 *
 * @returns `undefined` where there are too few samples to tell.
 */
export function growthOf(samples: readonly MemorySample[]): number | undefined {
  if (samples.length < LEAST) return undefined;
  const quarter = Math.floor(samples.length / 4);
  const middle = (from: number) => median(samples.slice(from, from + quarter).map(({ mb }) => mb));
  return Math.round((middle(samples.length - quarter) ?? 0) - (middle(quarter) ?? 0));
}

/** Whether a growth does not count. */
export function isFlat(growth: number | undefined): boolean {
  return growth === undefined || growth <= FLAT_MB;
}

/** Some of the samples in words, from the first to the last: `212 MB (10 s)`. */
export function memoryText(samples: readonly MemorySample[]): string {
  const step = Math.max(1, (samples.length - 1) / (NAMED - 1));
  const count = Math.min(NAMED, samples.length);
  return Array.from({ length: count }, (_, at) => samples[Math.round(at * step)])
    .map((sample) => sample ? `${sample.mb.toFixed(0)} MB (${sample.seconds.toFixed(0)} s)` : "")
    .join(", ");
}
