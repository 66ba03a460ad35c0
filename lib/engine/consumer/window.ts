/**
 * How many deliveries of a queue are here at once: bounded by count, by bytes and by how many are
 * wanted in all. The subscription is paused while there is a reason to take none.
 *
 * @module
 */

import type { Subscription } from "../broker/broker.ts";
import { errorData } from "../../errors/error_data.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import type { Reporter } from "../report.ts";

/** How much may wait here. */
export interface WindowLimits {
  /** Bytes of bodies that may be unsettled at once. */
  readonly windowBytes: number;
  /** Seconds after which an event that has not been started goes back to the broker. */
  readonly windowSeconds: number;
}

/** What a window needs to know. */
export interface WindowOptions {
  readonly queue: string;
  readonly report: Reporter;
  readonly limits: WindowLimits;
  /** Take no more than this many events, 1 at the least. @default {Infinity} */
  readonly maxEvents?: number;
  /** Seconds until a parked queue is tried again. @default {300} */
  readonly parkSeconds?: number;
}

/** Why no events are taken for a while. */
export type Pause =
  /** It was told so. */
  | "quiet"
  /** Its worker cannot be kept running. */
  | "parked"
  /** A copy could not be stored. */
  | "refused"
  /** Too many bytes wait here. */
  | "full"
  /** All is taken that was to be. */
  | "complete";

/** Of the time that events may wait here: below it they wait shortly, ... */
const SHORT_WAIT = 0.25;
/** ... and above it for long. */
const LONG_WAIT = 0.5;
/** After an unclean end: how many events are taken at once, until so many are settled. */
const CAREFUL_PREFETCH = 10;
const CAREFUL_EVENTS = 100;
const DEFAULT_PARK_SECONDS = 300;

/** What of a queue is taken and not settled yet, and whether more may come. */
export class DeliveryWindow {
  readonly #options: WindowOptions;
  readonly #subscription: Subscription;
  readonly #shortMs: number;
  readonly #longMs: number;
  readonly #prefetch: number;
  readonly #narrowest: number;
  readonly #maxEvents: number;
  readonly #careful: number;
  readonly #pauses = new Set<Pause>();
  #parkedUntil = 0;
  #isStarted = false;
  #isClosed = false;
  #isCareful: boolean;
  /** How many are taken at once: fewer than the prefetch where they waited here for too long. */
  #width: number;
  /** How many began in a row that had waited shortly, since the width was last changed. */
  #shortWaits = 0;
  #inFlight = 0;
  #bytes = 0;
  #taken = 0;
  #settled = 0;

  /**
   * @param subscription What it pauses and resumes; nothing is taken before {@linkcode start}.
   * @param description The worker's numbers: a whole batch is taken at once in any case.
   * @param isCareful Whether to begin with few at once, as what is taken may have ended a process.
   */
  constructor(
    options: WindowOptions,
    subscription: Subscription,
    description: WorkerDescription,
    isCareful: boolean,
  ) {
    this.#options = options;
    this.#subscription = subscription;
    const { prefetch, concurrency, batch } = description;
    this.#prefetch = prefetch;
    this.#maxEvents = options.maxEvents ?? Infinity;
    this.#isCareful = isCareful;
    this.#narrowest = Math.min(batch?.size ?? 2 * concurrency, prefetch);
    this.#width = prefetch;
    // A batch that is being gathered is given its time.
    const waitMs = (part: number) => {
      return (part * options.limits.windowSeconds + (batch?.seconds ?? 0)) * 1000;
    };
    this.#shortMs = waitMs(SHORT_WAIT);
    this.#longMs = waitMs(LONG_WAIT);
    this.#careful = Math.max(CAREFUL_PREFETCH, batch?.size ?? 1);
  }

  /** How many deliveries were taken and have not left. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether nothing is taken for now, or ever again: what is delivered all the same goes back. */
  get isPaused(): boolean {
    return this.#isClosed || this.#pauses.size > 0;
  }

  /** Whether nothing is taken as a copy could not be stored, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#pauses.has("refused") || this.#pauses.has("parked");
  }

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether all events were taken and settled that were wanted. */
  get isFinished(): boolean {
    return this.#settled === this.#maxEvents;
  }

  /** Whether too many bytes wait here; a single large event may. */
  get isOverfull(): boolean {
    return this.#bytes > this.#options.limits.windowBytes && this.#inFlight > 1;
  }

  /**
   * Begins to take events, unless it is paused.
   *
   * @throws {BrokerError} When the broker refuses.
   */
  async start(): Promise<void> {
    const wanted = this.#pauses.size > 0 ? 0 : this.#wanted();
    await this.#subscription.resume(wanted);
    this.#isStarted = true;
    // It may have been paused and resumed meanwhile.
    await this.#reopen();
  }

  /** Takes no more events. */
  async pause(why: Pause): Promise<void> {
    this.#pauses.add(why);
    await this.#subscription.pause();
  }

  /**
   * Takes events again, unless there is another reason not to, or it was not started. Where that
   * fails it is reported.
   */
  async resume(why: Pause): Promise<void> {
    this.#pauses.delete(why);
    await this.#reopen();
  }

  /** Takes no more, for good. Resolves when the broker was told, or could not be. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#subscription.pause().catch(() => {});
  }

  /** A parked queue is tried again when it is time to. @param now `performance.now()` */
  sweep(now: number): void {
    if (this.#pauses.has("refused") && now >= this.#parkedUntil) void this.resume("refused");
  }

  /** An event is taken. */
  take(): void {
    this.#inFlight++;
    this.#taken++;
    if (this.#taken >= this.#maxEvents) void this.pause("complete").catch(() => {});
  }

  /** The body of an event that was taken is kept here. */
  hold(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * An event leaves. When what waited for it has had its turn, {@linkcode refill} is to be called.
   *
   * @param bytes What was held for it.
   * @param isSettled Whether it has been dealt with; else another may be taken in its place.
   */
  leave(bytes: number, isSettled: boolean): void {
    this.#inFlight--;
    this.#bytes -= bytes;
    if (isSettled) this.#settled++;
    else this.#taken--;
  }

  /** Takes more where those that have left made room, or have shown that it does no harm. */
  refill(): void {
    const isWider = this.#isCareful && this.#settled >= CAREFUL_EVENTS;
    if (isWider) this.#isCareful = false;
    const hasRoom = this.#pauses.size > 0 && this.#findRoom();
    if (isWider || hasRoom) void this.#reopen();
  }

  /**
   * Events wait here for too long, or did and were given back. As few as may be are taken at once
   * from now on: a quorum queue counts how often an event is given back, and may drop it in the end.
   */
  narrow(): void {
    this.#shortWaits = 0;
    if (this.#width === this.#narrowest || this.isPaused) return;
    this.#width = this.#narrowest;
    const { queue, report } = this.#options;
    report({
      kind: "notice",
      level: "info",
      queue,
      message: "Events of queue {queue} wait too long for their turn here: {count} are taken at " +
        "once, until they are dealt with faster",
      properties: { count: this.#width },
    });
    void this.#reopen();
  }

  /**
   * An event was begun. Fewer are taken at once when it had waited for long, and twice as many when
   * so many in a row did not.
   *
   * @param waitedMs How long it was here before.
   */
  began(waitedMs: number): void {
    if (waitedMs > this.#longMs) return this.narrow();
    if (this.#width === this.#prefetch) return;
    this.#shortWaits = waitedMs < this.#shortMs ? this.#shortWaits + 1 : 0;
    if (this.#shortWaits < this.#width) return;
    this.#shortWaits = 0;
    this.#width = Math.min(2 * this.#width, this.#prefetch);
    void this.#reopen();
  }

  /** Takes none until half of the bytes that may wait here have left. */
  waitForRoom(): void {
    if (!this.#pauses.has("full")) void this.pause("full").catch(() => {});
  }

  /** The broker would not take a copy: takes none for a while, and reports why. */
  park(error: unknown): void {
    if (this.#pauses.has("refused") || this.#isClosed) return;
    const { queue, report, parkSeconds = DEFAULT_PARK_SECONDS } = this.#options;
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

  /** Ends the pauses that have lost their reason. @returns Whether there was one. */
  #findRoom(): boolean {
    const hasBytes = this.#bytes < this.#options.limits.windowBytes / 2 &&
      this.#pauses.delete("full");
    const hasPlaces = this.#taken < this.#maxEvents && this.#pauses.delete("complete");
    return hasBytes || hasPlaces;
  }

  async #reopen(): Promise<void> {
    if (this.isPaused || !this.#isStarted) return;
    try {
      await this.#subscription.resume(this.#wanted());
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

  #wanted(): number {
    const most = this.#isCareful ? this.#careful : Infinity;
    return Math.min(most, this.#width, this.#maxEvents);
  }
}
