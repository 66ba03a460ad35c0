/**
 * Takes the deliveries of one queue, hands them to an executor, and sees to it that each is
 * settled exactly once. It never throws for an event and never runs a line of a worker.
 *
 * @module
 */

import type { Executor, ExecutorListener } from "../executor/executor.ts";
import { notice } from "../report.ts";
import type { Outcome } from "../settle/outcome.ts";
import { within } from "../../system/deadline.ts";
import type { Totals } from "./ending/ending.ts";
import type { Entry } from "./entry.ts";
import { HungEvents } from "./hung.ts";
import { type ConsumerOptions, type ConsumerParts, makeParts } from "./parts.ts";
import type { Pause } from "./window.ts";

export type { ConsumerEnd } from "./hung.ts";
export type { ConsumerOptions, Totals };

/** How long a stop waits for the broker to deliver no more, and then for its close, in ms. */
const LEAVE_MS = 5000;

/** Consumes one queue. */
export class Consumer<E extends Executor<Entry> = Executor<Entry>>
  implements ExecutorListener<Entry> {
  readonly executor: E;
  readonly #options: ConsumerOptions<E>;
  readonly #parts: ConsumerParts;
  readonly #hung: HungEvents;
  #ended: Promise<void> | undefined;
  #isLeft = false;

  /**
   * @param options The queue, its broker and its executor.
   * @throws {Error} When the journal cannot be kept.
   */
  constructor(options: ConsumerOptions<E>) {
    this.#options = options;
    this.#hung = new HungEvents(options);
    this.executor = options.createExecutor(this, this.#hung.onHung);
    this.#parts = makeParts(options, this.executor, {
      onArrival: (entries) => this.#onArrival(entries),
      // What has not started comes again; what runs goes on.
      onLost: () => this.recall(),
    });
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#parts.endings.totals;
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#parts.window.inFlight;
  }

  /**
   * Begins to take events.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  start(): Promise<void> {
    const { report, queue } = this.#options;
    this.#parts.suspects.begin();
    // Zulip's words.
    report(notice("debug", queue, "starting consuming {queue}"));
    return this.#parts.window.start();
  }

  /** Whether nothing is taken for now: stopping, paused, or all taken that was to be. */
  get paused(): boolean {
    return this.#parts.window.isPaused;
  }

  /** Whether nothing is taken as a copy could not be stored, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#parts.window.isParked;
  }

  /**
   * Whether a handler still runs that only the end of the process can end. Until then the broker
   * must not redeliver its event, so the connection to the broker must stay open.
   */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Takes no more events; what was taken goes on. */
  pause(why: Pause = "quiet"): Promise<void> {
    return this.#parts.window.pause(why);
  }

  /** Takes events again, unless there is another reason not to. */
  resume(why: Pause = "quiet"): Promise<void> {
    return this.#parts.window.resume(why);
  }

  /**
   * Looks after limits of time; to be called a few times a second.
   *
   * @param now `performance.now()`
   * @param lateMs For how long the process was stopped before. @default {0}
   */
  sweep(now: number, lateMs?: number): void {
    this.#parts.clock.adjust(now);
    this.executor.sweep(now, lateMs);
    const oldest = now - this.#windowMs();
    this.executor.recall(oldest);
    this.#releaseWaiting(oldest);
    this.#parts.suspects.sweep(now, () => this.#running());
    this.#parts.window.sweep(now);
  }

  /** Releases all that has not been started. */
  recall(): void {
    this.#releaseWaiting(Infinity);
    this.executor.recall(Infinity);
  }

  #releaseWaiting(receivedBefore: number): void {
    for (const entry of this.#parts.suspects.takeWaiting(receivedBefore)) {
      this.#parts.endings.release(entry);
    }
  }

  /** How long an event may wait here: a batch that is being gathered is given its time. */
  #windowMs(): number {
    const { batch } = this.executor.description;
    return (this.#options.limits.windowSeconds + (batch?.seconds ?? 0)) * 1000;
  }

  #running(): Entry[] {
    return this.executor.running().map(({ job }) => job);
  }

  /**
   * Takes no more, finishes what runs within the grace, releases the rest, and sends all
   * acknowledgements. Called again, it may cut the grace short.
   *
   * @param graceMs How long what runs may go on before it is aborted.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#ended) return await this.#ended;
    const paused = this.#parts.window.close();
    this.#releaseWaiting(Infinity);
    const stopped = this.executor.stop(graceMs);
    // What was released is delivered again, and no suspect should this process be killed now.
    this.#parts.suspects.named(this.#running());
    await stopped;
    await (this.#ended ??= this.#end(paused));
  }

  async #end(paused: Promise<void>): Promise<void> {
    await within(LEAVE_MS, paused);
    const { endings, subscription, suspects } = this.#parts;
    await endings.confirmed();
    const running = this.#running();
    this.#isLeft = running.length > 0;
    // What still runs must not be handed out again before the process has ended.
    await within(LEAVE_MS, this.#isLeft ? subscription.pause() : subscription.close());
    const hung = this.#hung.among(running);
    if (hung.length > 0) suspects.leave(hung);
    suspects[Symbol.dispose]();
  }

  // What arrives, and what the executor says of it.

  #onArrival(entries: readonly Entry[]): void {
    const { report, queue } = this.#options;
    if (this.#parts.window.inFlight === entries.length) report({ kind: "woke", queue });
    if (this.#parts.window.isClosed) {
      return entries.forEach((entry) => this.#parts.endings.release(entry));
    }
    for (const entry of entries) entry.place = "executor";
    this.executor.run(entries);
  }

  /** @inheritdoc */
  onStart(entries: readonly Entry[]): void {
    this.#parts.suspects.running(entries);
  }

  /** @inheritdoc */
  onOutcome(entry: Entry, outcome: Outcome, startedAt: number, runMs: number): void {
    if (entry.alone) this.#parts.suspects.endIsolated(entry, outcome);
    if (outcome.kind !== "released") this.#parts.window.observe(startedAt - entry.receivedAt);
    else if (!outcome.goesOn && !entry.delivery.lost) this.#parts.window.shrink();
    this.#parts.endings.end(entry, outcome, startedAt, runMs);
  }
}
