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
import { snapshotsOf, type StatisticsFacts } from "./merge.ts";
import { knowsAllConsumers, type Observed, type QueueReport, reportOn } from "./queue_report.ts";

/** What is sampled. */
export interface SamplerOptions {
  /** Looks at the broker; `undefined` while it is not open. */
  readonly looks: () => Pick<BrokerLooks, "all"> | undefined;
  /** The queues to look at. @param processes Those that answered at the last look. */
  readonly queues: (processes: readonly ProcessSnapshot[]) => readonly string[];
  /** The snapshots of all processes of this host. */
  readonly processes: () => Promise<readonly ProcessSnapshot[]>;
  /** The pause that is kept of a queue. */
  readonly pause: (queue: string) => PauseRecord | null;
  readonly demands: (queue: string) => JudgeOptions;
  /** What a file of statistics says of a queue. @default {nothing} */
  readonly statistics?: (queue: string) => StatisticsFacts | null;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Whether a look is worth a report. @default {all are} */
  readonly isShown?: (look: QueueLook, queue: string) => boolean;
  /** The time between two looks, in ms. @default {10 s} */
  readonly everyMs?: () => number;
  /** Called after each look. @param at ms since 1970 */
  readonly onSample?: (
    reports: readonly QueueReport[],
    processes: readonly ProcessSnapshot[],
    at: number,
  ) => void;
}

const EVERY_MS = 10_000;
/** A trend is that of the last minute. */
const TREND_MS = 60_000;
/** The broker has this many times the time of a look to itself before the next. */
const REST = 10;

/** Samples queues. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #now: () => number;
  readonly #histories = new Map<string, History>();
  #samples: ReadonlyMap<string, BrokerSample> = new Map();
  #looks: ReadonlyMap<string, QueueLook> = new Map();
  #processes: readonly ProcessSnapshot[] = [];
  #sampledAt: number | undefined;
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

  /** What the broker said of a queue at the last look. */
  lookOf(queue: string): QueueLook | undefined {
    return this.#looks.get(queue);
  }

  /** The processes that answered at the last look. */
  get processes(): readonly ProcessSnapshot[] {
    return this.#processes;
  }

  /** When the last look was, in ms since 1970; `undefined` before the first. */
  get sampledAt(): number | undefined {
    return this.#sampledAt;
  }

  /** Looks at the next sweep, as much has changed. */
  hurry(): void {
    this.#due = -Infinity;
  }

  /** Looks if that is due; call it a few times a second. @param clock `performance.now()` */
  sweep(clock: number): void {
    const looks = this.#options.looks();
    if (!looks || this.#running || clock < this.#due) return;
    const { everyMs = () => EVERY_MS } = this.#options;
    this.#due = clock + everyMs();
    this.#running = this.sample(looks, clock).finally(() => {
      this.#running = undefined;
      const now = performance.now();
      this.#due = Math.max(this.#due, now + Math.min(EVERY_MS, REST * (now - clock)));
    });
  }

  /** Looks now. @param clock `performance.now()` */
  async sample(looks: Pick<BrokerLooks, "all">, clock: number): Promise<void> {
    const { queues, processes, pause, demands, onSample } = this.#options;
    const { isShown = () => true, statistics = () => null } = this.#options;
    const [seen, all] = await Promise.all([looks.all(queues(this.#processes)), processes()]);
    const now = this.#now();
    const samples = new Map<string, BrokerSample>();
    const shown = [...seen].filter(([queue, look]) => isShown(look, queue));
    this.#reports = shown.map(([queue, look]) => {
      const history = this.#historyOf(queue);
      if (look.problem === null) history.add(look, all, clock);
      const { trend, observed } = history;
      const facts = { statistics: statistics(queue), pause: pause(queue), trend, now };
      const sources = { queue, look, processes: all, ...facts };
      const report = reportOn(sources, demands(queue), observed);
      if (look.problem === null) samples.set(queue, sampleOf(look, report, now));
      return report;
    });
    this.#samples = samples;
    this.#looks = seen;
    this.#processes = all;
    this.#sampledAt = now;
    onSample?.(this.#reports, all, now);
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
  /** The lengths of the queue in the last minute. */
  readonly #ready: { readonly at: number; readonly count: number }[] = [];
  #taken: ReadonlyMap<string, Taken> = new Map();
  #at: number | undefined;
  #rate: number | null = null;
  #failureRate: number | null = null;
  #failures: ReadonlyMap<string, number> = new Map();

  /** @param queue Its name. */
  constructor(queue: string) {
    this.#queue = queue;
  }

  /** Adds a look. @param at The time in ms, on a clock that only runs forward. */
  add(look: QueueLook, processes: readonly ProcessSnapshot[], at: number): void {
    const taken = takenFrom(this.#queue, processes);
    const failures = failuresFrom(this.#queue, processes);
    const settled = new Map([...taken].map(([id, { settled }]) => [id, settled]));
    const before = new Map([...this.#taken].map(([id, { settled }]) => [id, settled]));
    if (this.#at !== undefined) {
      const seconds = (at - this.#at) / 1000;
      this.#rate = growth(before, settled) / seconds;
      this.#failureRate = growth(this.#failures, failures) / seconds;
    }
    if (knowsAllConsumers(look, processes, this.#queue)) {
      this.#arrivals.add({ at, ready: look.ready, taken });
    } else this.#arrivals.forget();
    this.#ready.push({ at, count: look.ready });
    while ((this.#ready[0]?.at ?? at) < at - TREND_MS) this.#ready.shift();
    this.#taken = taken;
    this.#failures = failures;
    this.#at = at;
  }

  /** What only several looks show. */
  get observed(): Observed {
    const oldestSeconds = this.#arrivals.oldest()?.seconds ?? null;
    return { rate: this.#rate, failureRate: this.#failureRate, oldestSeconds };
  }

  /** Whether more or fewer events wait than at the first of the last looks. */
  get trend(): "grows" | "shrinks" | null {
    const change = (this.#ready.at(-1)?.count ?? 0) - (this.#ready[0]?.count ?? 0);
    if (change === 0) return null;
    return change > 0 ? "grows" : "shrinks";
  }
}

/** By how much counters of processes have grown; one that is new has grown from 0. */
function growth(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): number {
  return [...now].reduce((sum, [id, count]) => sum + count - (before.get(id) ?? 0), 0);
}

function failuresFrom(queue: string, processes: readonly ProcessSnapshot[]): Map<string, number> {
  return new Map(
    processes.flatMap((process) =>
      snapshotsOf(queue, [process]).map((one) => [process.id, one.retried + one.failed] as const)
    ),
  );
}

function takenFrom(queue: string, processes: readonly ProcessSnapshot[]): Map<string, Taken> {
  return new Map(processes.flatMap((process) => {
    return snapshotsOf(queue, [process]).map((one) => {
      const settled = one.processed + one.discarded + one.retried + one.failed;
      return [process.id, { settled, inFlight: one.in_flight }] as const;
    });
  }));
}
