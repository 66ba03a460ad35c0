/**
 * Looks at the queues of a process every 10 s, for its metrics and for the control doors, which so
 * never wait for the broker.
 *
 * @module
 */

import type { BrokerSample } from "../monitoring/metrics.ts";
import type { PauseRecord, ProcessSnapshot } from "../monitoring/snapshot.ts";
import { Arrivals, type Taken } from "./age.ts";
import type { BrokerLooks, QueueLook } from "./broker_look.ts";
import type { JudgeOptions } from "./judge.ts";
import { snapshotsOf } from "./merge.ts";
import { knowsAllConsumers, type Observed, type QueueReport, reportOn } from "./queue_report.ts";

/** What is sampled. */
export interface SamplerOptions {
  /** Looks at the broker; `undefined` while it is not open. */
  readonly looks: () => Pick<BrokerLooks, "all"> | undefined;
  readonly queues: () => readonly string[];
  /** The snapshots of all processes of this host. */
  readonly processes: () => Promise<readonly ProcessSnapshot[]>;
  /** The pause that is kept of a queue. */
  readonly pause: (queue: string) => PauseRecord | null;
  readonly demands: (queue: string) => JudgeOptions;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

const EVERY_MS = 10_000;
/** A trend is that of the last minute. */
const TREND_LOOKS = 7;

/** Samples queues. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #now: () => number;
  readonly #histories = new Map<string, History>();
  #samples: ReadonlyMap<string, BrokerSample> = new Map();
  #reports: readonly QueueReport[] = [];
  #running: Promise<void> | undefined;
  #due = -Infinity;

  /** @param options What is sampled. */
  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** What the broker said at the last look. */
  get samples(): ReadonlyMap<string, BrokerSample> {
    return this.#samples;
  }

  /** What is to be said of each queue since the last look. */
  get reports(): readonly QueueReport[] {
    return this.#reports;
  }

  /** Looks if that is due; call it a few times a second. @param clock `performance.now()` */
  sweep(clock: number): void {
    const looks = this.#options.looks();
    if (!looks || this.#running || clock < this.#due) return;
    this.#due = clock + EVERY_MS;
    this.#running = this.sample(looks, clock).finally(() => this.#running = undefined);
  }

  /** Looks now. @param clock `performance.now()` */
  async sample(looks: Pick<BrokerLooks, "all">, clock: number): Promise<void> {
    const { queues, processes, pause, demands } = this.#options;
    const [seen, all] = await Promise.all([looks.all(queues()), processes()]);
    const now = this.#now();
    const samples = new Map<string, BrokerSample>();
    this.#reports = [...seen].map(([queue, look]) => {
      const history = this.#historyOf(queue);
      if (look.problem === null) history.add(look, all, clock);
      const sources = { queue, look, processes: all, pause: pause(queue), statistics: null, now };
      const { trend } = history;
      const report = reportOn({ ...sources, trend }, demands(queue), history.observed);
      if (look.problem === null) samples.set(queue, sampleOf(look, report, now));
      return report;
    });
    this.#samples = samples;
  }

  #historyOf(queue: string): History {
    const known = this.#histories.get(queue) ?? new History(queue);
    this.#histories.set(queue, known);
    return known;
  }
}

function sampleOf(look: QueueLook, { oldest_seconds }: QueueReport, at: number): BrokerSample {
  const { ready, retrying, failed, consumers } = look;
  return { ready, retrying, failed, consumers, oldestSeconds: oldest_seconds, at };
}

/** What the looks at one queue have shown. */
export class History {
  readonly #queue: string;
  readonly #arrivals = new Arrivals();
  readonly #ready: number[] = [];
  #taken: ReadonlyMap<string, Taken> = new Map();
  #at: number | undefined;
  #rate: number | null = null;

  /** @param queue Its name. */
  constructor(queue: string) {
    this.#queue = queue;
  }

  /** Adds a look. @param at The time in ms, on a clock that only runs forward. */
  add(look: QueueLook, processes: readonly ProcessSnapshot[], at: number): void {
    const taken = takenFrom(this.#queue, processes);
    this.#rate = this.#at === undefined ? null : this.#settledSince(taken) / (at - this.#at) * 1000;
    if (knowsAllConsumers(look, processes, this.#queue)) {
      this.#arrivals.add({ at, ready: look.ready, taken });
    } else this.#arrivals.forget();
    this.#ready.push(look.ready);
    if (this.#ready.length > TREND_LOOKS) this.#ready.shift();
    this.#taken = taken;
    this.#at = at;
  }

  /** What only several looks show. */
  get observed(): Observed {
    return { rate: this.#rate, oldestSeconds: this.#arrivals.oldest()?.seconds ?? null };
  }

  /** Whether more or fewer events wait than at the first of the last looks. */
  get trend(): "grows" | "shrinks" | null {
    const change = (this.#ready.at(-1) ?? 0) - (this.#ready[0] ?? 0);
    if (change === 0) return null;
    return change > 0 ? "grows" : "shrinks";
  }

  #settledSince(taken: ReadonlyMap<string, Taken>): number {
    return [...taken].reduce((sum, [id, { settled }]) => {
      return sum + settled - (this.#taken.get(id)?.settled ?? 0);
    }, 0);
  }
}

function takenFrom(queue: string, processes: readonly ProcessSnapshot[]): Map<string, Taken> {
  return new Map(processes.flatMap((process) => {
    return snapshotsOf(queue, [process]).map((one) => {
      const settled = one.processed + one.discarded + one.retried + one.failed;
      return [process.id, { settled, inFlight: one.in_flight }] as const;
    });
  }));
}
