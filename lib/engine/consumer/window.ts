/**
 * How many deliveries of a queue are here at once: bounded by count, by bytes and by how many are
 * wanted in all. The subscription is paused while there is a reason to take none.
 *
 * @module
 */

import type { Subscription } from "../broker/broker.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { notice, type Reporter } from "../report.ts";
import type { PrefetchControl } from "./prefetch_control.ts";

/** How much may wait in a window. */
export interface WindowLimits {
  /** Bytes of bodies that may be unsettled at once. */
  readonly windowBytes: number;
  /** Seconds after which an event that has not been started is released. */
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
  /** An operator asked for it. */
  | "quiet"
  /** Its worker cannot be kept running. */
  | "parked"
  /** The copies of many events are refused. */
  | "refused"
  /** An event was released because its copy was refused for long. */
  | "resting"
  /** What all events of the queue need is away. */
  | "waiting"
  /** Too many bytes wait here. */
  | "full"
  /** All is taken that was to be. */
  | "complete";

const DEFAULT_PARK_SECONDS = 300;
const PARKED = "Queue {queue} is parked for {seconds} s: {count} events could be neither retried " +
  "nor dead-lettered. They stay unacknowledged, and their copies are tried again";

/** The deliveries of a queue that are here and not settled yet, and whether more may come. */
export class DeliveryWindow {
  readonly #options: WindowOptions;
  readonly #subscription: Subscription;
  readonly #prefetch: PrefetchControl;
  readonly #maxEvents: number;
  /** Each reason to take none, with the `performance.now()` when it ends by itself. */
  readonly #pauses = new Map<Pause, number>();
  #isStarted = false;
  #isClosed = false;
  #inFlight = 0;
  #bytes = 0;
  #taken = 0;
  #settled = 0;

  /**
   * @param subscription What it pauses and resumes; nothing is taken before {@linkcode start}.
   * @param prefetch How many events to take at once.
   */
  constructor(options: WindowOptions, subscription: Subscription, prefetch: PrefetchControl) {
    this.#options = options;
    this.#subscription = subscription;
    this.#prefetch = prefetch;
    this.#maxEvents = options.maxEvents ?? Infinity;
  }

  /** How many deliveries were taken and have not left. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether nothing is taken for now, or ever again: what is still delivered is released. */
  get isPaused(): boolean {
    return this.#isClosed || this.#pauses.size > 0;
  }

  /** How many events are taken at once. */
  get size(): number {
    return this.#wanted();
  }

  /** Whether nothing is taken as many copies are refused, or the worker cannot be kept running. */
  get isParked(): boolean {
    return this.#pauses.has("refused") || this.#pauses.has("parked") ||
      this.#subscription.isParked === true;
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
    if (this.#isClosed) return;
    const wanted = this.#pauses.size > 0 ? 0 : this.#wanted();
    await this.#subscription.resume(wanted);
    this.#isStarted = true;
    // It may have been paused and resumed meanwhile.
    await this.#reopen();
  }

  /** Takes no more events. */
  async pause(why: Pause): Promise<void> {
    this.#pauses.set(why, Infinity);
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

  /** Takes one event at a time, after a pause because of `waiting`. */
  tryOne(): void {
    this.#prefetch.isTrying = true;
    void this.resume("waiting");
  }

  /** Takes as many events at once as usual, after {@linkcode tryOne}. */
  takeAll(): void {
    this.#prefetch.isTrying = false;
    void this.#reopen();
  }

  /** Takes no more events. Resolves when the broker stops delivering, or cannot be reached. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#subscription.pause().catch(() => {});
  }

  /** Takes events again when a pause ends by itself. @param now `performance.now()` */
  sweep(now: number): void {
    for (const [why, until] of this.#pauses) {
      if (now >= until) void this.resume(why);
    }
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
   * An event leaves. More are taken where that makes room, or has shown that it does no harm.
   *
   * @param bytes What was held for it.
   * @param isSettled Whether it has been dealt with; else another may be taken in its place.
   */
  leave(bytes: number, isSettled: boolean): void {
    this.#inFlight--;
    this.#bytes -= bytes;
    if (isSettled) this.#settled++;
    else this.#taken--;
    const isMore = this.#prefetch.endCare(this.#settled);
    const hasRoom = this.#pauses.size > 0 && this.#findRoom();
    if (isMore || hasRoom) void this.#reopen();
  }

  /**
   * Takes as few at once as possible, as events wait here for too long. A quorum queue counts how
   * often an event is released, and may drop it in the end.
   */
  shrink(): void {
    if (this.isPaused || !this.#prefetch.shrink()) return;
    const { queue, report } = this.#options;
    report(notice(
      "info",
      queue,
      "Events of queue {queue} wait too long for their turn here: at most {count} are taken at " +
        "once until they are processed faster",
      { properties: { count: this.#prefetch.count } },
    ));
    void this.#reopen();
  }

  /**
   * An event was started: its wait decides how many are taken at once.
   *
   * @param waitedMs How long it was here before.
   */
  observe(waitedMs: number): void {
    if (this.#prefetch.isLong(waitedMs)) this.shrink();
    else if (this.#prefetch.observe(waitedMs)) void this.#reopen();
  }

  /** Takes others in place of a few events whose copies are refused. */
  makeUpFor(refused: number): void {
    if (this.#prefetch.makeUpFor(refused)) void this.#reopen();
  }

  /** Takes none until half of the bytes that may wait here have left. */
  waitForRoom(): void {
    if (!this.#pauses.has("full")) void this.pause("full").catch(() => {});
  }

  /** Takes none for a while. @param until `performance.now()` at its end. */
  rest(until: number): void {
    this.#pauseUntil("resting", until);
  }

  /** Takes none for a while, as the broker refuses the copies of many events, and reports why. */
  park(count: number, error: ErrorData): void {
    if (this.#pauses.has("refused") || this.#isClosed) return;
    const { queue, report, parkSeconds = DEFAULT_PARK_SECONDS } = this.#options;
    this.#pauseUntil("refused", performance.now() + parkSeconds * 1000);
    const properties = { seconds: parkSeconds, count };
    report(notice("error", queue, PARKED, { properties, error }));
  }

  /** Takes events again, after {@linkcode park}. */
  unpark(): void {
    if (this.#pauses.has("refused")) void this.resume("refused");
  }

  #pauseUntil(why: Pause, until: number): void {
    void this.pause(why).catch(() => {});
    this.#pauses.set(why, until);
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
      const { queue, report } = this.#options;
      const message = "Queue {queue} cannot be consumed again yet";
      report(notice("warning", queue, message, { error: errorData(error) }));
    }
  }

  #wanted(): number {
    return Math.min(this.#prefetch.count, this.#maxEvents);
  }
}
