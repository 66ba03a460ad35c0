/**
 * The last half hour of each queue, for the lines beside its numbers: 5 kB a queue, whatever happens.
 *
 * @module
 */

import { isoTime } from "../../monitoring/snapshot.ts";
import type { QueueReport } from "../queue_report.ts";

/** The seconds between two points. */
export const HISTORY_SECONDS = 10;
/** The most points: half an hour. */
export const HISTORY_POINTS = 180;
/** A look may come a little early. */
const SLACK = 0.95;

/** What is kept of a queue. */
export const SERIES = [
  "ready",
  "failed",
  "rate",
  "wait_p50",
  "wait_p99",
  "run_p50",
  "run_p99",
] as const;

type Series = typeof SERIES[number];

/** The points of a queue, the oldest first, one each {@linkcode HISTORY_SECONDS}. */
export type History = Readonly<Record<Series, readonly (number | null)[]>> & {
  /** The time of the last point: ISO 8601. */
  readonly ends_at: string;
};

/** The history of queues. */
export class Histories {
  readonly #rings = new Map<string, Ring>();

  /** Adds a look, where that is due. Queues that are not in it are forgotten. @param now ms since 1970 */
  add(reports: readonly QueueReport[], now: number): void {
    const names = new Set(reports.map(({ queue }) => queue));
    for (const queue of this.#rings.keys()) if (!names.has(queue)) this.#rings.delete(queue);
    for (const report of reports) {
      const ring = this.#rings.get(report.queue) ?? new Ring();
      this.#rings.set(report.queue, ring);
      ring.add(report, now);
    }
  }

  /** The history of a queue; `null` where there is none. */
  of(queue: string): History | null {
    return this.#rings.get(queue)?.history ?? null;
  }

  /** The histories of all queues. */
  get all(): Readonly<Record<string, History>> {
    return Object.fromEntries([...this.#rings].map(([queue, ring]) => [queue, ring.history]));
  }
}

/** The points of one queue. A number that is not known is NaN in it. */
class Ring {
  readonly #points = new Float32Array(HISTORY_POINTS * SERIES.length);
  #count = 0;
  #at = -Infinity;

  add(report: QueueReport, now: number): void {
    const steps = (now - this.#at) / (HISTORY_SECONDS * 1000);
    if (steps < SLACK) return;
    // What was missed, as while the machine slept, is a gap and not a straight line.
    const missed = Number.isFinite(steps) ? Math.min(HISTORY_POINTS, Math.round(steps) - 1) : 0;
    for (let gap = 0; gap < missed; gap++) this.#push(SERIES.map(() => NaN));
    this.#push(SERIES.map((series) => report[series] ?? NaN));
    this.#at = now;
  }

  get history(): History {
    const series = SERIES.map((name, index) => [name, this.#pointsOf(index)]);
    return { ends_at: isoTime(this.#at), ...Object.fromEntries(series) };
  }

  #push(values: readonly number[]): void {
    this.#points.set(values, (this.#count++ % HISTORY_POINTS) * SERIES.length);
  }

  #pointsOf(index: number): (number | null)[] {
    const length = Math.min(this.#count, HISTORY_POINTS);
    return Array.from({ length }, (_, at) => {
      const place = (this.#count - length + at) % HISTORY_POINTS;
      const value = this.#points[place * SERIES.length + index] ?? NaN;
      return Number.isNaN(value) ? null : rounded(value);
    });
  }
}

/** As many digits as a line shows. */
function rounded(value: number): number {
  return Number(value.toPrecision(4)) > 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
