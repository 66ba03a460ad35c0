/**
 * Takes the deliveries of one queue, hands them to an executor, and sees to it that each is
 * settled exactly once. It never throws for an event and never runs a line of a worker.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Broker, BrokerError, type Delivery, type Subscription } from "./broker/broker.ts";
import { errorData } from "./error_data.ts";
import type { Executor, ExecutorListener, Job } from "./executor/executor.ts";
import { type AcceptLimits, Refusal } from "./accept.ts";
import { append, bareEntry, type Entry, entryOf, keyOf, takeOldTwins } from "./consumer/entry.ts";
import { type Ending, isWaiting, settledReport } from "./consumer/settled.ts";
import { Suspects } from "./consumer/suspects.ts";
import { Twins } from "./consumer/twins.ts";
import { Journal } from "./journal.ts";
import type { Reporter } from "./monitoring/report.ts";
import { type ErrorData, type Outcome, settle, type Settlement } from "./settle.ts";
import { within } from "./within.ts";

/** What a consumer needs. */
export interface ConsumerOptions {
  readonly queue: string;
  readonly broker: Broker;
  /** Makes the executor; it reports to the given listener. */
  readonly createExecutor: (listener: ExecutorListener) => Executor;
  readonly report: Reporter;
  readonly limits: AcceptLimits & WindowLimits;
  /** Where the journal is kept. */
  readonly stateDir: string;
  /** Take no more than this many events. @default {Infinity} */
  readonly maxEvents?: number;
  /** Called once when the consumer can no longer go on by itself, or has taken `maxEvents`. */
  readonly onEnd: (why: "stuck" | "max-events") => void;
  /** Seconds until a parked queue is tried again. @default {300} */
  readonly parkSeconds?: number;
}

/** How much may wait here. */
export interface WindowLimits {
  /** Bytes of bodies that may be unsettled at once. */
  readonly windowBytes: number;
  /** Seconds after which an event that has not been started goes back to the broker. */
  readonly windowSeconds: number;
}

/** Why a consumer takes no events for a while. */
export type Pause =
  /** It was told so. */
  | "quiet"
  /** Too many bytes wait here. */
  | "full"
  /** A copy could not be stored. */
  | "refused"
  /** Its worker cannot be kept running. */
  | "parked";

/** How many events came to which end. */
export interface Totals {
  processed: number;
  retried: number;
  failed: number;
}

/** After an unclean end: how many events are taken at once, until so many are settled. */
const CAREFUL_PREFETCH = 10;
const CAREFUL_EVENTS = 100;
/** How long a stop waits for copies to be confirmed once nothing runs any more, in ms. */
const CONFIRM_MS = 5000;
const DEFAULT_PARK_SECONDS = 300;
/** How often a journal that cannot be written is reported, in ms. */
const UNWRITTEN_EVERY_MS = 60_000;

const RELEASE: Settlement = { kind: "release" };
const DONE: Settlement = { kind: "done" };

/** Consumes one queue. */
export class Consumer implements ExecutorListener {
  readonly executor: Executor;
  readonly totals: Totals = { processed: 0, retried: 0, failed: 0 };
  readonly #options: ConsumerOptions;
  readonly #journal: Journal;
  readonly #suspects: Suspects;
  readonly #twins: Twins;
  /** The entries whose copy is being stored. */
  readonly #pending = new Map<Entry, Promise<void>>();
  readonly #subscription: Subscription;
  #incoming: Entry[] = [];
  #readAt = 0;
  #wallOffset = performance.timeOrigin;
  #inFlight = 0;
  #bytes = 0;
  #accepted = 0;
  #settledCount = 0;
  #stopping = false;
  readonly #pauses = new Set<Pause>();
  #parkedUntil = 0;
  #stuck: Entry[] = [];
  #ended: Promise<void> | undefined;
  #unwrittenAt = -Infinity;

  /**
   * @param options The queue, its broker and its executor.
   * @throws {Error} When the journal cannot be kept.
   */
  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.executor = options.createExecutor(this);
    const { concurrency, batch } = this.executor.description;
    this.#twins = new Twins(concurrency > 1 || batch !== undefined, () => this.#endingHere());
    this.#journal = Journal.open(options.stateDir, options.queue);
    this.#suspects = new Suspects(this.#journal);
    this.#subscription = options.broker.subscribe(options.queue, {
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onLost: () => this.#onLost(),
    });
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Begins to take events.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  async start(): Promise<void> {
    await this.#subscription.resume(this.#pauses.size > 0 ? 0 : this.#prefetch());
  }

  /** Whether nothing is taken for now: stopping, paused, or all taken that was to be. */
  get paused(): boolean {
    return this.#stopping || this.#pauses.size > 0 || this.#isComplete();
  }

  /** Whether nothing is taken as a copy could not be stored, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#pauses.has("refused") || this.#pauses.has("parked");
  }

  /** Takes no more events; what was taken goes on. */
  async pause(why: Pause = "quiet"): Promise<void> {
    this.#pauses.add(why);
    await this.#subscription.pause();
  }

  /** Takes events again, unless there is another reason not to. */
  async resume(why: Pause = "quiet"): Promise<void> {
    this.#pauses.delete(why);
    await this.#reopen();
  }

  /** Looks after limits of time; to be called a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.#wallOffset = Date.now() - now;
    this.executor.sweep(now);
    const oldest = now - this.#options.limits.windowSeconds * 1000;
    this.executor.recall(oldest);
    this.#recallTwins(oldest);
    this.#note(() => this.#journal.sweep());
    if (this.#pauses.has("refused") && now >= this.#parkedUntil) void this.resume("refused");
  }

  /**
   * Takes no more, finishes what runs within the grace, gives back the rest, and sends all
   * acknowledgements. Called again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return await this.#ended;
    this.#stopping = true;
    const paused = this.#subscription.pause().catch(() => {});
    await this.executor.stop(graceMs);
    await (this.#ended ??= this.#end(paused));
  }

  async #end(paused: Promise<void>): Promise<void> {
    await within(CONFIRM_MS, paused);
    await this.#confirmed();
    if (this.#stuck.length > 0) await this.#endStuck();
    await within(CONFIRM_MS, this.#subscription.close());
    this.#journal[Symbol.dispose]();
  }

  async #confirmed(): Promise<void> {
    await within(CONFIRM_MS, Promise.allSettled(this.#pending.values()));
  }

  // What the executor says.

  /** @inheritdoc */
  onStart(jobs: readonly Job[]): void {
    const [first] = jobs;
    if (first) this.#note(() => this.#journal.running(jobs.map(keyOf), first.alone));
    else this.#journal.idle();
  }

  /** Events run on when the journal cannot be written: it only helps after a crash. */
  #note(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#reportUnwritten(error);
    }
  }

  #reportUnwritten(error: unknown): void {
    const now = performance.now();
    if (now - this.#unwrittenAt < UNWRITTEN_EVERY_MS) return;
    this.#unwrittenAt = now;
    this.#options.report({
      kind: "notice",
      level: "error",
      queue: this.#options.queue,
      message: "The journal of queue {queue} in {folder} cannot be written, so that an event " +
        "which ends this process is not found afterwards: see that the disk has room",
      properties: { folder: this.#options.stateDir },
      error: errorData(error),
    });
  }

  /** @inheritdoc */
  onOutcome(
    job: Job,
    outcome: Outcome,
    startedAt: number,
    runMs: number,
  ): void {
    const entry = job as Entry;
    if (entry.alone) this.#note(() => this.#suspects.endAlone(entry, outcome));
    this.#settleBy(outcome, entry, startedAt, runMs);
  }

  #settleBy(outcome: Outcome, entry: Entry, startedAt: number, runMs: number): void {
    const { retries } = this.executor.description;
    const settlement = settle(outcome, { retries, crashes: entry.crashes });
    this.#carryOut(entry, settlement, startedAt, runMs, outcome);
  }

  /** @inheritdoc */
  onStuck(jobs: readonly Job[], seconds: number): void {
    const { queue, report, onEnd } = this.#options;
    this.#stuck.push(...jobs as Entry[]);
    report({
      kind: "notice",
      level: "error",
      queue,
      message: "The worker of {queue} did not return when it was aborted after {seconds} seconds " +
        "processing {count} events: this process takes no more and ends, to be started again",
      properties: {
        seconds,
        count: jobs.length,
        ids: jobs.map(({ id }) => id),
      },
      fingerprint: ["worker-timeout", queue],
    });
    onEnd("stuck");
  }

  // Deliveries.

  #onDelivery(delivery: Delivery): void {
    this.#inFlight++;
    if (this.paused) return this.#giveBack(delivery);
    if (this.#incoming.length === 0) this.#beginRead();
    const entry = this.#accept(delivery);
    if (entry) this.#admit(entry);
  }

  #beginRead(): void {
    this.#readAt = performance.now();
    queueMicrotask(() => this.#flush());
  }

  /** Makes an entry of a delivery; one that cannot be run is settled here and now. */
  #accept(delivery: Delivery): Entry | undefined {
    this.#accepted++;
    if (this.#isComplete()) void this.#subscription.pause().catch(() => {});
    try {
      const entry = entryOf(delivery, this.#options.limits, this.#readAt);
      this.#bytes += entry.bytes;
      const wait = entry.notBefore - (this.#wallOffset + this.#readAt);
      if (wait > HOP_TOLERANCE_MS) return this.#waitOn(entry, wait / 1000);
      entry.alone ||= this.#suspects.has(entry);
      return entry;
    } catch (error) {
      this.#refuse(delivery, error);
      return undefined;
    }
  }

  /** A body, property or header that no worker could take: dead-lettered with the bytes it has. */
  #refuse(delivery: Delivery, error: unknown): void {
    const data = errorData(error);
    if (typeof delivery.body !== "string") {
      delivery.body = Buffer.from(delivery.body);
    }
    const entry = bareEntry(delivery, this.#readAt || performance.now());
    const settlement: Settlement = {
      kind: "fail",
      reason: "invalid",
      attempts: 1,
      error: error instanceof Refusal ? { ...data, stack: undefined } : data,
    };
    this.#carryOut(entry, settlement, entry.receivedAt, 0);
  }

  /** A delay longer than the ladder: the event waits on, and nothing is counted. */
  #waitOn(entry: Entry, seconds: number): undefined {
    this.#carryOut(
      entry,
      {
        kind: "retry",
        delay: seconds,
        attempts: entry.attempt - 1,
        crashes: entry.crashes,
        reason: "retry-later",
        error: NOT_DUE,
        waiting: true,
      },
      entry.receivedAt,
      0,
    );
    return undefined;
  }

  /** Lets an entry into the window, unless it runs here already or the window is full. */
  #admit(entry: Entry): void {
    if (entry.id !== "" && this.#isTwin(entry)) return;
    if (this.#bytes > this.#options.limits.windowBytes && this.#inFlight > 1) {
      return this.#overflow(entry);
    }
    if (entry.alone && this.#punish(entry)) return;
    this.#twins.add(entry);
    this.#incoming.push(entry);
  }

  /** A second delivery of what runs here waits for that run, but no longer than others wait. */
  #recallTwins(receivedBefore: number): void {
    for (const entry of this.#endingHere()) {
      for (const twin of takeOldTwins(entry, receivedBefore)) this.#release(twin);
    }
  }

  /** An event that ended a process while alone is settled without being run. */
  #punish(entry: Entry): boolean {
    const outcome = this.#suspects.punish(entry);
    if (outcome) this.#settleBy(outcome, entry, entry.receivedAt, 0);
    return outcome !== undefined;
  }

  /** Whether an event of this id is here already; the second is not started beside it. */
  #isTwin(entry: Entry): boolean {
    if (this.#twins.wasDone(entry)) {
      void this.#subscription.settle(entry.delivery, DONE);
      this.#unaccept(entry);
      return true;
    }
    const first = this.#twins.firstOf(entry);
    if (!first) return false;
    if (first.delivery.lost) this.#takeOver(first, entry);
    else append(first, entry);
    return true;
  }

  #endingHere(): Entry[] {
    const running = this.executor.running().map(({ job }) => job as Entry);
    return [...running, ...this.#pending.keys()];
  }

  /** The broker has delivered again what still runs here: that run now settles the new delivery. */
  #takeOver(first: Entry, again: Entry): void {
    first.delivery = again.delivery;
    this.#unaccept(again);
  }

  /** What was delivered again while its copy was being stored ends as that copy did. */
  #endTakenOver(entry: Entry, delivery: Delivery, settlement: Settlement): void {
    if (entry.delivery === delivery) return;
    void this.#subscription.settle(entry.delivery, settlement);
  }

  /** Too many bytes wait: gives this one back and takes none until half of them are settled. */
  #overflow(entry: Entry): void {
    this.#release(entry);
    if (!this.#pauses.has("full")) void this.pause("full").catch(() => {});
  }

  #flush(): void {
    const entries = this.#incoming;
    this.#incoming = [];
    if (entries.length === 0) return;
    if (this.#inFlight === entries.length) {
      this.#options.report({ kind: "woke", queue: this.#options.queue });
    }
    if (this.#stopping) return entries.forEach((entry) => this.#release(entry));
    this.executor.run(entries);
  }

  /** Unsettled deliveries come again: forget what has not started, keep what runs. */
  #onLost(): void {
    this.executor.recall(Infinity);
  }

  // Settlements.

  #release(entry: Entry): void {
    this.#carryOut(entry, RELEASE, entry.receivedAt, 0);
  }

  #giveBack(delivery: Delivery): void {
    this.#inFlight--;
    if (!delivery.lost) void this.#subscription.settle(delivery, RELEASE);
  }

  #carryOut(
    entry: Entry,
    settlement: Settlement,
    startedAt: number,
    runMs: number,
    outcome?: Outcome,
  ): void {
    const { delivery } = entry;
    if (delivery.lost && !this.#endLost(entry, settlement, outcome)) return;
    const ending = { settlement, outcome, startedAt, runMs };
    const copied = delivery.lost ? undefined : this.#subscription.settle(delivery, settlement);
    if (copied === undefined) return this.#settled(entry, ending);
    const pending = copied.then(() => {
      this.#pending.delete(entry);
      this.#endTakenOver(entry, delivery, DONE);
      this.#settled(entry, ending);
    }, (error) => {
      this.#pending.delete(entry);
      this.#endTakenOver(entry, delivery, RELEASE);
      this.#refused(entry, outcome, error);
    });
    this.#pending.set(entry, pending);
  }

  /**
   * The delivery went with its channel: the event comes again. One that is done is not run again
   * then. @returns Whether it is done.
   */
  #endLost(entry: Entry, settlement: Settlement, outcome: Outcome | undefined): boolean {
    if (settlement.kind !== "done") {
      this.#note(() => this.#suspects.suspectAgain(entry, outcome));
      this.#unaccept(entry);
      return false;
    }
    this.#twins.rememberDone(entry);
    return true;
  }

  #settled(entry: Entry, ending: Ending): void {
    const { settlement, outcome } = ending;
    if (outcome?.kind === "crashed") this.#note(() => this.#suspects.acquit(entry));
    if (settlement.kind === "release" || isWaiting(settlement)) {
      this.#unaccept(entry);
    } else {
      this.#forget(entry);
      this.#count(settlement);
    }
    const { queue, report } = this.#options;
    report(settledReport(queue, entry, ending, this.#inFlight, this.#wallOffset));
  }

  #count(settlement: Settlement): void {
    if (settlement.kind === "done") this.totals.processed++;
    else if (settlement.kind === "fail") this.totals.failed++;
    else this.totals.retried++;
    this.#settledCount++;
    if (
      this.#settledCount === CAREFUL_EVENTS && this.#journal.afterUncleanEnd
    ) void this.#reopen();
    if (this.#settledCount === this.#options.maxEvents) {
      this.#options.onEnd("max-events");
    }
  }

  #forget(entry: Entry): void {
    this.#inFlight--;
    this.#bytes -= entry.bytes;
    this.#twins.delete(entry);
    if (entry.next) this.#readmit(entry.next);
    const hasRoom = this.#bytes < this.#options.limits.windowBytes / 2;
    if (hasRoom && this.#pauses.has("full")) void this.resume("full");
  }

  /** The entry leaves without having been dealt with: another may be taken in its place. */
  #unaccept(entry: Entry): void {
    const wasComplete = this.#isComplete();
    this.#accepted--;
    this.#forget(entry);
    if (wasComplete) void this.#reopen();
  }

  #isComplete(): boolean {
    return this.#accepted >= (this.#options.maxEvents ?? Infinity);
  }

  #readmit(entry: Entry): void {
    if (entry.delivery.lost) return this.#unaccept(entry);
    if (this.#incoming.length === 0) queueMicrotask(() => this.#flush());
    this.#admit(entry);
  }

  /**
   * The broker would not take the copy: it has the event back, and nothing more is taken. It has
   * it back, too, where only its delivery was lost.
   */
  #refused(entry: Entry, outcome: Outcome | undefined, error: unknown): void {
    this.#note(() => this.#suspects.suspectAgain(entry, outcome));
    this.#unaccept(entry);
    if (error instanceof BrokerError && error.kind === "lost") return;
    const { queue, report, parkSeconds = DEFAULT_PARK_SECONDS } = this.#options;
    if (this.#pauses.has("refused") || this.#stopping) return;
    this.#parkedUntil = performance.now() + parkSeconds * 1000;
    void this.pause("refused").catch(() => {});
    report({
      kind: "notice",
      level: "error",
      queue,
      message: "Queue {queue} is parked for {seconds} s: an event could neither be retried nor " +
        "dead-lettered, and is back in its queue",
      properties: { seconds: parkSeconds },
      error: errorData(error),
    });
  }

  async #reopen(): Promise<void> {
    if (this.paused) return;
    try {
      await this.#subscription.resume(this.#prefetch());
    } catch (error) {
      this.#options.report({
        kind: "notice",
        level: "warning",
        queue: this.#options.queue,
        message: "Queue {queue} could not be consumed again yet",
        error: errorData(error),
      });
    }
  }

  #prefetch(): number {
    const { prefetch } = this.executor.description;
    const { maxEvents = Infinity } = this.#options;
    const careful = this.#journal.afterUncleanEnd &&
      this.#settledCount < CAREFUL_EVENTS;
    return Math.min(careful ? CAREFUL_PREFETCH : prefetch, maxEvents);
  }

  /**
   * What is stuck goes last, and only if it alone is to blame: a copy must not run beside it for
   * longer than this process takes to exit. A stuck batch stays unsettled and in the journal, and
   * goes back to its queue with the subscription.
   */
  async #endStuck(): Promise<void> {
    const [entry, ...others] = this.#stuck;
    if (!entry || others.length > 0) {
      this.#journal.running(this.#stuck.map(keyOf), false);
      return this.#journal.leave();
    }
    const { maxConsumeSeconds, queue } = this.executor.description;
    const error: ErrorData = {
      name: "WorkerTimeoutError",
      message: `Timed out in ${queue} after ${maxConsumeSeconds} seconds processing 1 events`,
    };
    const outcome: Outcome = {
      kind: "crashed",
      reason: "timeout",
      attempt: entry.attempt,
      error,
    };
    this.onOutcome(
      entry,
      outcome,
      entry.receivedAt,
      (maxConsumeSeconds ?? 0) * 1000,
    );
    await this.#confirmed();
    if (this.#pending.has(entry)) this.#journal.suspect(keyOf(entry), 1);
  }
}

/** An event this many ms early runs: the retry queue's jitter makes it a little early. */
const HOP_TOLERANCE_MS = 1000;

const NOT_DUE: ErrorData = { name: "NotDue", message: "Its time has not come" };
