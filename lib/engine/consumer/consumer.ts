/**
 * Takes the deliveries of one queue, hands them to an executor, and sees to it that each is
 * settled exactly once. It never throws for an event and never runs a line of a worker.
 *
 * @module
 */

import type { AcceptLimits } from "./accept.ts";
import { type Broker, BrokerError, type Delivery, type Subscription } from "../broker/broker.ts";
import { Copies } from "./copies.ts";
import { bareEntry, type Entry, entryOf } from "./entry.ts";
import { LoneEntries } from "./suspects/turns.ts";
import { type Ending, isWaiting, settledReport } from "./settled_report.ts";
import { invalid, notDue } from "./settlements.ts";
import { Suspects } from "./suspects/suspects.ts";
import { Twins } from "./redelivered.ts";
import { notice, type NoticeReport } from "../report.ts";
import { DeliveryWindow, type Pause, type WindowLimits, type WindowOptions } from "./window.ts";
import type { Executor, ExecutorListener, OnHung } from "../executor/executor.ts";
import { DONE, type Outcome, RELEASE, type Settlement } from "../settle/outcome.ts";
import { settle } from "../settle/settle.ts";
import { within } from "../../system/deadline.ts";

/** What a consumer needs. */
export interface ConsumerOptions<E extends Executor<Entry> = Executor<Entry>>
  extends WindowOptions {
  readonly broker: Broker;
  /**
   * Makes the executor, which reports to the given listener. One whose handlers end only with this
   * process calls `onHung` for those that hang: the process must end then.
   */
  readonly createExecutor: (listener: ExecutorListener<Entry>, onHung: OnHung<Entry>) => E;
  readonly limits: AcceptLimits & WindowLimits;
  /** Where the journal is kept. */
  readonly stateDir: string;
  /** Called once when the consumer can no longer go on by itself, or has taken `maxEvents`. */
  readonly onEnd: (why: ConsumerEnd) => void;
}

/** Why a consumer ends by itself. */
export type ConsumerEnd =
  /** It has taken `maxEvents`. */
  | "max-events"
  /** A handler hangs that ends only with this process. */
  | "hung";

/** How many events came to which end. */
export interface Totals {
  processed: number;
  retried: number;
  failed: number;
}

/** How long a stop waits for the broker to deliver no more, and then for its close, in ms. */
const LEAVE_MS = 5000;

/** Consumes one queue. */
export class Consumer<E extends Executor<Entry> = Executor<Entry>>
  implements ExecutorListener<Entry> {
  readonly executor: E;
  readonly totals: Totals = { processed: 0, retried: 0, failed: 0 };
  readonly #options: ConsumerOptions<E>;
  readonly #suspects: Suspects;
  readonly #subscription: Subscription;
  readonly #window: DeliveryWindow;
  readonly #copies: Copies;
  readonly #twins: Twins;
  /** The events whose handler hangs. */
  readonly #hung = new Set<Entry>();
  readonly #lone = new LoneEntries((entry) => this.#admitAlone(entry));
  /** What came with this read of the socket. */
  #incoming: Entry[] = [];
  /** `performance.now()` at that read. */
  #readAt = 0;
  /** What turns `performance.now()` into ms since 1970. */
  #wallOffset = performance.timeOrigin;
  #ended: Promise<void> | undefined;
  #isLeft = false;

  /**
   * @param options The queue, its broker and its executor.
   * @throws {Error} When the journal cannot be kept.
   */
  constructor(options: ConsumerOptions<E>) {
    this.#options = options;
    this.executor = options.createExecutor(this, (entries) => this.#onHung(entries));
    const { prefetch, concurrency, batch } = this.executor.description;
    const isOneByOne = concurrency === 1 && batch === undefined;
    this.#suspects = new Suspects({ ...options, unnamed: isOneByOne ? prefetch : undefined });
    this.#subscription = options.broker.subscribe(options.queue, {
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onLost: () => this.#onLost(),
    });
    const isCareful = this.#suspects.afterUncleanEnd;
    const { description } = this.executor;
    this.#window = new DeliveryWindow(options, this.#subscription, description, isCareful);
    this.#copies = new Copies(this.#subscription, {
      onStored: (entry, ending) => this.#settled(entry, ending),
      onRefused: (entry, ending, error) => this.#refused(entry, ending, error),
    });
    this.#twins = new Twins(concurrency > 1 || batch !== undefined, () => this.#endingHere());
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#window.inFlight;
  }

  /**
   * Begins to take events.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  start(): Promise<void> {
    const { report, queue } = this.#options;
    this.#suspects.begin();
    // Zulip's words.
    report({ kind: "notice", level: "debug", queue, message: "starting consuming {queue}" });
    return this.#window.start();
  }

  /** Whether nothing is taken for now: stopping, paused, or all taken that was to be. */
  get paused(): boolean {
    return this.#window.isPaused;
  }

  /** Whether nothing is taken as a copy could not be stored, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#window.isParked;
  }

  /**
   * Whether a handler goes on that can only be ended with the process: its event must not be handed
   * out before, so that the connection to the broker may not be closed.
   */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Takes no more events; what was taken goes on. */
  pause(why: Pause = "quiet"): Promise<void> {
    return this.#window.pause(why);
  }

  /** Takes events again, unless there is another reason not to. */
  resume(why: Pause = "quiet"): Promise<void> {
    return this.#window.resume(why);
  }

  /**
   * Looks after limits of time; to be called a few times a second.
   *
   * @param now `performance.now()`
   * @param lateMs For how long the process was stopped before. @default {0}
   */
  sweep(now: number, lateMs?: number): void {
    this.#wallOffset = Date.now() - now;
    this.executor.sweep(now, lateMs);
    const oldest = now - this.#windowMs();
    this.executor.recall(oldest);
    this.#releaseHeld(oldest);
    if (this.#lone.giveOn(now)) this.#nameRunning();
    for (const twin of this.#twins.takeOld(oldest)) this.#release(twin);
    this.#suspects.sweep();
    this.#window.sweep(now);
  }

  /** Gives back all that has not been started. */
  recall(): void {
    this.#releaseHeld(Infinity);
    this.executor.recall(Infinity);
  }

  #releaseHeld(receivedBefore: number): void {
    for (const entry of this.#lone.takeHeld(receivedBefore)) this.#release(entry);
  }

  /** How long an event may wait here: a batch that is being gathered is given its time. */
  #windowMs(): number {
    const { batch } = this.executor.description;
    return (this.#options.limits.windowSeconds + (batch?.seconds ?? 0)) * 1000;
  }

  /**
   * Takes no more, finishes what runs within the grace, gives back the rest, and sends all
   * acknowledgements. Called again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return await this.#ended;
    const paused = this.#window.close();
    this.#releaseHeld(Infinity);
    const stopped = this.executor.stop(graceMs);
    // What was given back is delivered again, and no suspect should this process be killed now.
    this.#nameRunning();
    await stopped;
    await (this.#ended ??= this.#end(paused));
  }

  async #end(paused: Promise<void>): Promise<void> {
    await within(LEAVE_MS, paused);
    await this.#copies.confirmed();
    const running = this.executor.running().map(({ job }) => job);
    this.#isLeft = running.length > 0;
    // What still runs must not be handed out again before the process has ended.
    await within(LEAVE_MS, this.#isLeft ? this.#subscription.pause() : this.#subscription.close());
    this.#lone[Symbol.dispose]();
    const hung = running.filter((entry) => this.#hung.has(entry));
    if (hung.length > 0) this.#suspects.leave(hung);
    this.#suspects[Symbol.dispose]();
  }

  // What the executor says.

  /** @inheritdoc */
  onStart(jobs: readonly Entry[]): void {
    this.#suspects.running(jobs, this.#lone.has(jobs[0]));
  }

  #nameRunning(): void {
    const jobs = this.executor.running().map(({ job }) => job);
    this.#suspects.named(jobs, this.#lone.has(jobs[0]));
  }

  /** @inheritdoc */
  onOutcome(entry: Entry, outcome: Outcome, startedAt: number, runMs: number): void {
    if (entry.alone) this.#endAlone(entry, outcome);
    if (outcome.kind !== "released") this.#window.began(startedAt - entry.receivedAt);
    else if (!outcome.goesOn && !entry.delivery.lost) this.#window.narrow();
    // The broker gets it back when the process ends.
    if (outcome.kind === "released" && outcome.goesOn) {
      return this.#settled(entry, { settlement: RELEASE, outcome, startedAt, runMs });
    }
    this.#settleBy(outcome, entry, startedAt, runMs);
  }

  #endAlone(entry: Entry, outcome: Outcome): void {
    this.#suspects.endAlone(entry, outcome);
    this.#lone.end(entry);
  }

  #settleBy(outcome: Outcome, entry: Entry, startedAt: number, runMs: number): void {
    const { retries } = this.executor.description;
    const settlement = settle(outcome, { retries, crashes: entry.crashes });
    this.#carryOut(entry, { settlement, outcome, startedAt, runMs });
  }

  /** The handler ends only with the process: the next process finds its events in the journal. */
  #onHung(entries: readonly Entry[]): void {
    const { report, queue, onEnd } = this.#options;
    for (const entry of entries) this.#hung.add(entry);
    report(hungNotice(queue, entries, this.executor.description.maxConsumeSeconds ?? 0));
    onEnd("hung");
  }

  // Deliveries.

  #onDelivery(delivery: Delivery): void {
    if (this.#window.isPaused) return this.#giveBack(delivery);
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
    this.#window.take();
    const entry = this.#entryOf(delivery);
    if (!entry) return undefined;
    this.#window.hold(entry.bytes);
    const early = notDue(entry, this.#wallOffset + this.#readAt);
    if (early) return this.#settleUnrun(entry, early);
    entry.alone ||= this.#suspects.has(entry);
    return entry;
  }

  #entryOf(delivery: Delivery): Entry | undefined {
    try {
      return entryOf(delivery, this.#options.limits, this.#readAt);
    } catch (error) {
      return this.#refuse(delivery, error);
    }
  }

  /** A body, property or header that no worker could take: dead-lettered with the bytes it has. */
  #refuse(delivery: Delivery, error: unknown): undefined {
    const entry = bareEntry(delivery, this.#readAt || performance.now());
    this.#window.hold(entry.bytes);
    if (this.#isTooMuch(entry)) return;
    return this.#settleUnrun(entry, invalid(error));
  }

  /** Lets an entry into the window, unless it runs here already or the window is full. */
  #admit(entry: Entry): void {
    if (this.#isTooMuch(entry) || this.#isTwin(entry)) return;
    if (entry.alone && this.#punish(entry)) return;
    this.#twins.add(entry);
    if (entry.alone && !this.#window.isClosed) this.#lone.add(entry);
    else this.#incoming.push(entry);
  }

  /** Its turn to run alone has come. */
  #admitAlone(entry: Entry): void {
    if (this.#incoming.length === 0) queueMicrotask(() => this.#flush());
    this.#incoming.push(entry);
  }

  /** Whether the window has no room for an entry's bytes: it goes back then. */
  #isTooMuch(entry: Entry): boolean {
    if (!this.#window.isOverfull) return false;
    this.#release(entry);
    this.#window.waitForRoom();
    return true;
  }

  /** An event that ended a process while alone is settled without being run. */
  #punish(entry: Entry): boolean {
    const outcome = this.#suspects.punish(entry);
    if (outcome) this.#settleBy(outcome, entry, entry.receivedAt, 0);
    return outcome !== undefined;
  }

  /** Whether the event is here or done already: it is not started beside itself. */
  #isTwin(entry: Entry): boolean {
    const meeting = this.#twins.meet(entry);
    if (meeting === "done") void this.#subscription.settle(entry.delivery, DONE);
    if (meeting === "done" || meeting === "taken over") this.#forget(entry, false);
    return meeting !== "none";
  }

  #endingHere(): Entry[] {
    const running = this.executor.running().map(({ job }) => job);
    return [...running, ...this.#copies.entries()];
  }

  #flush(): void {
    const entries = this.#incoming;
    this.#incoming = [];
    if (entries.length === 0) return;
    if (this.#window.inFlight === entries.length) {
      this.#options.report({ kind: "woke", queue: this.#options.queue });
    }
    if (this.#window.isClosed) return entries.forEach((entry) => this.#release(entry));
    this.executor.run(entries);
  }

  /** Unsettled deliveries come again: forget what has not started, keep what runs. */
  #onLost(): void {
    this.recall();
  }

  // Settlements.

  #release(entry: Entry): void {
    this.#lone.end(entry);
    this.#settleUnrun(entry, RELEASE);
  }

  /** Settles what no executor had, or was to have. */
  #settleUnrun(entry: Entry, settlement: Settlement): undefined {
    const { receivedAt: startedAt } = entry;
    this.#carryOut(entry, { settlement, outcome: undefined, startedAt, runMs: 0 });
  }

  #giveBack(delivery: Delivery): void {
    if (!delivery.lost) void this.#subscription.settle(delivery, RELEASE);
  }

  #carryOut(entry: Entry, ending: Ending): void {
    const { delivery } = entry;
    if (delivery.lost && !this.#endLost(entry, ending)) return;
    const copied = delivery.lost
      ? undefined
      : this.#subscription.settle(delivery, ending.settlement, entry.content);
    if (copied === undefined) this.#settled(entry, ending);
    else this.#copies.add(entry, ending, copied);
  }

  /**
   * The delivery went with its channel: the event comes again. One that is done is not run again
   * then. @returns Whether it is done.
   */
  #endLost(entry: Entry, { settlement, outcome }: Ending): boolean {
    if (settlement.kind !== "done") {
      this.#suspects.suspectAgain(entry, outcome);
      this.#forget(entry, false);
      return false;
    }
    this.#twins.rememberDone(entry);
    return true;
  }

  #settled(entry: Entry, ending: Ending): void {
    const { settlement, outcome } = ending;
    if (outcome?.kind === "crashed") this.#suspects.acquit(entry);
    if (settlement.kind === "release" || isWaiting(settlement)) {
      this.#forget(entry, false);
    } else {
      this.#forget(entry, true);
      this.#count(settlement);
    }
    const { queue, report } = this.#options;
    report(settledReport(queue, entry, ending, this.inFlight, this.#wallOffset));
  }

  #count(settlement: Settlement): void {
    if (settlement.kind === "done") this.totals.processed++;
    else if (settlement.kind === "fail") this.totals.failed++;
    else this.totals.retried++;
    if (this.#window.isFinished) this.#options.onEnd("max-events");
  }

  /** The entry leaves. @param isSettled Whether it has been dealt with; else it comes again. */
  #forget(entry: Entry, isSettled: boolean): void {
    this.#window.leave(entry.bytes, isSettled);
    const next = this.#twins.delete(entry);
    if (next) this.#readmit(next);
    this.#window.refill();
  }

  #readmit(entry: Entry): void {
    if (entry.delivery.lost) return this.#forget(entry, false);
    if (this.#incoming.length === 0) queueMicrotask(() => this.#flush());
    this.#admit(entry);
  }

  /**
   * The broker would not take the copy: it has the event back, and nothing more is taken. It has
   * it back, too, where only its delivery was lost.
   */
  #refused(entry: Entry, { outcome }: Ending, error: unknown): void {
    this.#suspects.suspectAgain(entry, outcome);
    this.#forget(entry, false);
    const isLost = error instanceof BrokerError && error.kind === "lost";
    if (!isLost) this.#window.park(error);
  }
}

function hungNotice(queue: string, entries: readonly Entry[], seconds: number): NoticeReport {
  return notice(
    "error",
    queue,
    "The worker of {queue} did not return when it was aborted after {seconds} seconds " +
      "processing {count} events: this process takes no more and ends, to be started again",
    {
      properties: { seconds, count: entries.length, ids: entries.map(({ id }) => id) },
      fingerprint: ["worker-timeout", queue],
    },
  );
}
