/**
 * Takes the deliveries of one queue, hands them to an executor, and sees to it that each is
 * settled exactly once. It never throws for an event and never runs a line of a worker.
 *
 * @module
 */

import type { Broker, Subscription } from "../broker/broker.ts";
import type {
  Executor,
  ExecutorListener,
  OnHung,
  RunTime,
  WorkerDescription,
} from "../executor/executor.ts";
import { notice } from "../report.ts";
import { EventSecrets } from "../settle/event_secrets.ts";
import type { Outcome } from "../settle/outcome.ts";
import { within } from "../../system/deadline.ts";
import type { AcceptLimits } from "./accept.ts";
import { Arrivals } from "./arrivals.ts";
import { Endings, type Totals } from "./ending/ending.ts";
import type { Entry } from "./entry.ts";
import { Intake } from "./intake.ts";
import { hungNotice, LONG_RUNS } from "./notices.ts";
import { PrefetchControl } from "./prefetch_control.ts";
import { type After, QueuePause } from "./queue_pause.ts";
import { Redelivered } from "./redelivered.ts";
import { Suspects } from "./suspects/suspects.ts";
import type { IsolationTurns } from "./suspects/turns.ts";
import { DeliveryWindow, type Pause, type WindowLimits, type WindowOptions } from "./window.ts";

export type { Totals };

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
  /** The turns of all queues of this process to run suspects alone. */
  readonly turns: IsolationTurns;
  /** Has a pause that the worker asks for end. @default {setTimeout} */
  readonly after?: After;
  /** Called once when the consumer has taken `maxEvents`, or can no longer go on by itself. */
  readonly onEnd: (why: ConsumerEnd) => void;
}

/** Why a consumer ends by itself. */
export type ConsumerEnd =
  /** It has taken `maxEvents`. */
  | "max-events"
  /** A handler hangs that ends only with this process. */
  | "hung";

/** How long a stop waits for the broker to deliver no more, and then for its close, in ms. */
const LEAVE_MS = 5000;

/** Consumes one queue. */
export class Consumer<E extends Executor<Entry> = Executor<Entry>>
  implements ExecutorListener<Entry> {
  readonly executor: E;
  readonly #options: ConsumerOptions<E>;
  readonly #subscription: Subscription;
  readonly #window: DeliveryWindow;
  readonly #pause: QueuePause;
  readonly #suspects: Suspects;
  readonly #endings: Endings;
  #ended: Promise<void> | undefined;
  #isLeft = false;

  /**
   * @param options The queue, its broker and its executor.
   * @throws {Error} When the journal cannot be kept.
   */
  constructor(options: ConsumerOptions<E>) {
    this.#options = options;
    const { broker, queue, limits, onEnd } = options;
    this.executor = options.createExecutor(this, (...hung) => this.#onHung(...hung));
    const { description } = this.executor;
    const isOneByOne = runsOneByOne(description);
    const arrivals = new Arrivals((entries) => this.#onArrival(entries));
    const suspects = this.#suspects = new Suspects({
      ...options,
      unnamed: isOneByOne ? description.prefetch : undefined,
      run: (entry) => arrivals.add(entry),
    });
    const subscription = this.#subscription = broker.subscribe(queue, {
      onDelivery: (delivery) => intake.take(delivery),
      onLost: () => this.#onLost(redelivered),
    });
    const isCareful = suspects.afterUncleanEnd;
    const prefetch = new PrefetchControl(description, limits.windowSeconds, isCareful);
    const window = this.#window = new DeliveryWindow(options, subscription, prefetch);
    const pause = this.#pause = new QueuePause({ ...options, window });
    const redelivered = new Redelivered(!isOneByOne, () => this.#running());
    const parts = { ...options, subscription, window, pause, suspects, redelivered, arrivals };
    const onFinished = () => onEnd("max-events");
    const endings = this.#endings = new Endings({
      ...parts,
      policy: description,
      secrets: new EventSecrets(description.secrets),
      onFinished,
      run: (entry) => intake.run(entry),
    });
    const intake = new Intake({ ...parts, endings });
  }

  /** What became of events so far. */
  get totals(): Readonly<Totals> {
    return this.#endings.totals;
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
    report(notice("debug", queue, "starting consuming {queue}"));
    this.#warnOfLongRuns();
    return this.#window.start();
  }

  #warnOfLongRuns(): void {
    const { broker: { settleWithinSeconds: seconds = Infinity }, queue, report } = this.#options;
    const limit = this.executor.description.maxConsumeSeconds ?? Infinity;
    if (seconds === Infinity || limit <= seconds) return;
    report(notice("warning", queue, LONG_RUNS, { properties: { seconds } }));
  }

  /** How many deliveries stay unsettled, as their copies could not be stored for 10 s. */
  get unstored(): number {
    return this.#endings.unstored;
  }

  /** Whether nothing is taken as many copies are refused, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#window.isParked;
  }

  /** What all events of the queue need and is away, as its worker says. */
  get waitingFor(): string | undefined {
    return this.#pause.waitingFor;
  }

  /** Whether nothing is taken until a pause is over that the worker has asked for. */
  get isWaiting(): boolean {
    return this.#pause.isPaused;
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
    this.#endings.sweep(now);
    this.executor.sweep(now, lateMs);
    const oldest = now - this.#windowMs();
    this.executor.recall(oldest);
    this.#releaseWaiting(oldest);
    this.#suspects.sweep(now, () => this.#running());
    this.#window.sweep(now);
  }

  /** Releases all that has not been started. */
  recall(): void {
    this.#releaseWaiting(Infinity);
    this.executor.recall(Infinity);
  }

  #releaseWaiting(receivedBefore: number): void {
    for (const entry of this.#suspects.takeWaiting(receivedBefore)) {
      this.#endings.release(entry);
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
    const paused = this.#window.close();
    this.#releaseWaiting(Infinity);
    const stopped = this.executor.stop(graceMs);
    // What was released is delivered again, and no suspect should this process be killed now.
    this.#suspects.named(this.#running());
    await stopped;
    await (this.#ended ??= this.#end(paused));
  }

  async #end(paused: Promise<void>): Promise<void> {
    await within(LEAVE_MS, paused);
    this.#pause[Symbol.dispose]();
    await this.#endings.confirmed();
    const running = this.#running();
    this.#isLeft = running.length > 0;
    // What still runs must not be handed out again before the process has ended.
    const subscription = this.#subscription;
    await within(LEAVE_MS, this.#isLeft ? subscription.pause() : subscription.close());
    const hung = running.filter(({ place }) => place === "hung");
    if (hung.length > 0) this.#suspects.leave(hung);
    this.#suspects[Symbol.dispose]();
  }

  /** What has not started comes again; what runs goes on. */
  #onLost(redelivered: Redelivered): void {
    redelivered.lost();
    this.recall();
  }

  // What arrives, and what the executor says of it.

  #onArrival(entries: readonly Entry[]): void {
    const { report, queue } = this.#options;
    if (this.#window.inFlight === entries.length) report({ kind: "woke", queue });
    if (this.#window.isClosed || this.#pause.isPaused) {
      return entries.forEach((entry) => this.#endings.release(entry));
    }
    for (const entry of entries) entry.place = "executor";
    this.executor.run(entries);
  }

  /** @inheritdoc */
  onStart(entries: readonly Entry[]): void {
    this.#suspects.running(entries);
  }

  /** @inheritdoc */
  onOutcome(entry: Entry, outcome: Outcome, time: RunTime): void {
    if (entry.alone) this.#suspects.endIsolated(entry, outcome);
    const isPause = !this.#window.isClosed && this.#pause.heard(entry, outcome);
    if (outcome.kind !== "released") this.#window.observe(time.startedAt - entry.receivedAt);
    else if (!outcome.goesOn && !entry.delivery.lost) this.#window.shrink();
    this.#endings.end(entry, outcome, time);
    if (isPause) this.recall();
  }

  /** Nothing is settled for what hangs: the next process does it. */
  #onHung(entries: readonly Entry[], seconds: number): void {
    const { report, queue, onEnd } = this.#options;
    for (const entry of entries) entry.place = "hung";
    report(hungNotice(queue, entries, seconds));
    onEnd("hung");
  }
}

function runsOneByOne({ concurrency, batch }: WorkerDescription): boolean {
  return concurrency === 1 && batch === undefined;
}
