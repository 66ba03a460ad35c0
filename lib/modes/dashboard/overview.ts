/**
 * What the dashboard knows of its host between two looks: the last half hour of each queue, which
 * processes answered, how fast each of them is.
 *
 * @module
 */

import type { ProcessSnapshot } from "../../monitoring/snapshot.ts";
import { Histories } from "../../operations/dashboard/history.ts";
import { type AskedProcess, type ProcessRow, processRow } from "../../operations/dashboard/view.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import { type Asked, hasAnswered } from "../control/processes.ts";

/** The time between two looks while nobody watches, in ms. */
const IDLE_MS = 10_000;

/** What a process had done at a look. */
interface Work {
  readonly at: number;
  readonly settled: number;
  readonly rate: number | null;
}

/** Remembers what was seen. */
export class Overview {
  /** The last half hour of each queue. */
  readonly histories = new Histories();
  readonly #watchedMs: number;
  #asked: readonly AskedProcess[] = [];
  #work: ReadonlyMap<string, Work> = new Map();
  #isWatched = false;

  /** @param watchedMs The time between two looks while somebody watches, in ms. */
  constructor(watchedMs: number) {
    this.#watchedMs = watchedMs;
  }

  /** Says whether somebody watches. */
  set isWatched(isWatched: boolean) {
    this.#isWatched = isWatched;
  }

  /** The time between two looks, in ms. */
  get everyMs(): number {
    return this.#isWatched ? this.#watchedMs : IDLE_MS;
  }

  /** Notes which processes answered, and returns what they said. @param now ms since 1970 */
  seen(all: readonly Asked<ProcessSnapshot>[], now: number): readonly ProcessSnapshot[] {
    this.#asked = all.map((asked) => ({
      pid: asked.socket.pid,
      ...(hasAnswered(asked) ? { snapshot: asked.answer } : { problem: asked.problem }),
    }));
    const snapshots = all.filter(hasAnswered).map(({ answer }) => answer);
    const work = snapshots.map((one) => [one.id, this.#workOf(one, now)] as const);
    this.#work = new Map(work);
    return snapshots;
  }

  /** Notes what is said of the queues. @param now ms since 1970 */
  sampled(reports: readonly QueueReport[], now: number): void {
    this.histories.add(reports, now);
  }

  /** The processes. @param selfId The id of the process that serves the dashboard. */
  rows(selfId: string | undefined): ProcessRow[] {
    return this.#asked.map((one) => {
      const { rate = null } = this.#work.get(one.snapshot?.id ?? "") ?? {};
      return processRow(one, rate, selfId);
    });
  }

  /** Whether a process runs the queue. */
  runs(queue: string): boolean {
    return this.#asked.some(({ snapshot }) =>
      snapshot?.queues.some((one) => one.queue === queue) ?? false
    );
  }

  #workOf({ id, queues }: ProcessSnapshot, at: number): Work {
    const settled = queues.reduce((sum, { processed, discarded, retried, failed }) => {
      return sum + processed + discarded + retried + failed;
    }, 0);
    const before = this.#work.get(id);
    if (!before) return { at, settled, rate: null };
    if (at <= before.at) return before;
    return { at, settled, rate: (settled - before.settled) / (at - before.at) * 1000 };
  }
}
