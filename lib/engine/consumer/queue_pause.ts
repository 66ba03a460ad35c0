/**
 * Makes a queue wait while what all of its events need is away, and has one event try it then.
 *
 * @module
 */

import type { Delivery } from "../broker/broker.ts";
import { notice, type Reporter } from "../report.ts";
import type { Outcome } from "../settle/outcome.ts";
import type { Entry } from "./entry.ts";
import {
  hoursOf,
  nextPause,
  noticeOf,
  OPEN,
  type PauseEvent,
  type PauseState,
  type Waiting,
} from "./pause_state.ts";
import type { DeliveryWindow } from "./window.ts";

/** Calls `run` once, after `ms` milliseconds. @returns A function that cancels the call. */
export type After = (ms: number, run: () => void) => () => void;

/** What a {@linkcode QueuePause} is made of. */
export interface QueuePauseOptions {
  readonly queue: string;
  readonly report: Reporter;
  readonly window: Pick<DeliveryWindow, "pause" | "tryOne" | "takeAll">;
  /** Has a pause end. @default {setTimeout} */
  readonly after?: After | undefined;
}

/** An event on its way back to its queue. */
interface Return {
  readonly delivery: Delivery;
  readonly release: () => void;
}

const WAITS = "Queue {queue} waits for {reason}: {why}; it is tried again in {seconds} s";
const WAITS_ONLY = "Queue {queue} waits for {reason}; it is tried again in {seconds} s";
const STILL_WAITS = "Queue {queue} still waits for {reason}, for {hours} h: {why}";
const STILL_WAITS_ONLY = "Queue {queue} still waits for {reason}, for {hours} h";
const GOES_ON = "Queue {queue} takes events again; it waited {seconds} s for {reason}";

/** The pauses of one queue that its worker asks for, by PauseQueue. */
export class QueuePause implements Disposable {
  readonly #options: QueuePauseOptions;
  #state: PauseState = OPEN;
  #cancel = () => {};
  /** What is released when the broker delivers no more; `undefined` when that is at once. */
  #returns: Return[] | undefined;

  /** @param options The queue, and its window. */
  constructor(options: QueuePauseOptions) {
    this.#options = options;
  }

  /** What the queue waits for; `undefined` where it does not. */
  get waitingFor(): string | undefined {
    return this.#state.kind === "open" ? undefined : this.#state.reason;
  }

  /** Whether no event is taken until the pause is over. */
  get isPaused(): boolean {
    return this.#state.kind === "paused";
  }

  /**
   * An event came to an outcome.
   *
   * @returns Whether a pause begins: what waits is to be released.
   */
  heard({ receivedAt: takenAt }: Entry, outcome: Outcome): boolean {
    if (outcome.kind === "paused") {
      const now = performance.now();
      return this.#change({ ...outcome, kind: "thrown", takenAt, now });
    }
    if (this.#state.kind === "trying" && wasRun(outcome)) this.#change({ kind: "ended", takenAt });
    return false;
  }

  /**
   * Releases an event, at once or when the broker delivers no more: it would deliver it again at
   * once, and a quorum queue counts that.
   */
  release(delivery: Delivery, release: () => void): void {
    if (this.#returns) this.#returns.push({ delivery, release });
    else release();
  }

  /** Ends the pause without taking events again, as the queue stops. */
  [Symbol.dispose](): void {
    this.#cancel();
    this.#releaseAll();
  }

  /** @returns Whether a pause begins. */
  #change(event: PauseEvent): boolean {
    const before = this.#state;
    const after = this.#state = nextPause(before, event);
    if (after === before) return false;
    this.#report(before, after);
    const { window } = this.#options;
    if (after.kind === "paused") this.#begin(after.seconds);
    else if (after.kind === "trying") window.tryOne();
    else window.takeAll();
    return after.kind === "paused";
  }

  #begin(seconds: number): void {
    const { window, after = afterTimeout } = this.#options;
    this.#returns ??= [];
    void window.pause("waiting").catch(() => {}).then(() => this.#releaseAll());
    this.#cancel = after(seconds * 1000, () => {
      this.#change({ kind: "over", now: performance.now() });
    });
  }

  /** In the order of their deliveries: some brokers put them back in the order in which they come. */
  #releaseAll(): void {
    const returns = this.#returns ?? [];
    this.#returns = undefined;
    const order = ({ delivery }: Return) => delivery.order ?? 0;
    for (const { release } of returns.sort((a, b) => order(a) - order(b))) release();
  }

  #report(before: PauseState, after: PauseState): void {
    const { queue, report } = this.#options;
    const told = noticeOf(before, after);
    if (told === "waits" && after.kind === "paused") {
      const { reason, why, seconds } = after;
      const message = why === "" ? WAITS_ONLY : WAITS;
      report(notice("warning", queue, message, { properties: { reason, why, seconds } }));
    } else if (told === "still waits" && after.kind === "paused") {
      const { reason, why } = after;
      const message = why === "" ? STILL_WAITS_ONLY : STILL_WAITS;
      const properties = { reason, why, hours: hoursOf(after) };
      report(notice("warning", queue, message, { properties }));
    } else if (told === "goes on" && before.kind !== "open") {
      const properties = { reason: before.reason, seconds: secondsOf(before) };
      report(notice("info", queue, GOES_ON, { properties }));
    }
  }
}

/** Whether the handler was called, so that the outcome says something about what it needs. */
function wasRun(outcome: Outcome): boolean {
  return outcome.kind !== "released" &&
    !(outcome.kind === "failed" && outcome.reason === "invalid");
}

function secondsOf({ since }: Waiting): number {
  return Math.round((performance.now() - since) / 1000);
}

function afterTimeout(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
