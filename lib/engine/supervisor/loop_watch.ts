/**
 * The loops of a queue's worker, as the main thread sees them: which pass runs, for how long, how the
 * last one ended; and what an operator reads about them.
 *
 * @module
 */

import { nounFor } from "../../errors/counted.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { LoopListener } from "../host/loops.ts";
import { notice, type NoticeReport, type Reporter } from "../report.ts";
import { within } from "../../system/deadline.ts";

/** One loop, in figures. */
export interface LoopFigures {
  readonly name: string;
  /** For how many seconds a pass has run; `undefined` when none runs. */
  readonly runningSeconds: number | undefined;
  /** When the last pass ended, in ms since 1970; `undefined` when none did. */
  readonly endedAt: number | undefined;
  /** How many passes have failed in a row. */
  readonly failures: number;
  /** Why the last pass failed, if it did. */
  readonly error: ErrorData | undefined;
}

/** A loop whose pass did not end when it was aborted. */
export interface HungLoop {
  readonly loop: string;
  /** The limit of a pass. */
  readonly seconds: number;
}

/** A loop. */
interface LoopState {
  maxSeconds: number;
  /** `performance.now()` when its pass began; later by the time for which the process was stopped. */
  since: number | undefined;
  endedAt: number | undefined;
  failures: number;
  error: ErrorData | undefined;
}

/** The notice of a loop that hangs. @param then What happens next. */
export function hungLoop(queue: string, { loop, seconds }: HungLoop, then: string): NoticeReport {
  const message = "The loop {loop} of {queue} did not return when it was aborted after " +
    `{seconds} seconds: ${then}`;
  const fingerprint = ["loop-timeout", queue, loop];
  return notice("error", queue, message, { properties: { loop, seconds }, fingerprint });
}

/** The least time between the abort of a pass and the end of its thread, in ms. */
const LEAST_GRACE_MS = 1000;

/** Watches the loops of one queue, across the lives of its threads. */
export class LoopWatch implements LoopListener {
  readonly #queue: string;
  readonly #report: Reporter;
  readonly #graceMs: number;
  readonly #loops = new Map<string, LoopState>();
  #idle = Promise.withResolvers<void>();

  /** @param graceSeconds Seconds between the abort of a pass and the point at which it hangs. */
  constructor(queue: string, report: Reporter, graceSeconds: number) {
    this.#queue = queue;
    this.#report = report;
    this.#graceMs = Math.max(graceSeconds * 1000, LEAST_GRACE_MS);
  }

  /** @inheritdoc */
  began(loop: string, maxSeconds: number): void {
    const state = this.#stateOf(loop);
    state.maxSeconds = maxSeconds;
    state.since = performance.now();
  }

  /** @inheritdoc */
  ended(loop: string): void {
    const state = this.#stateOf(loop);
    if (state.failures > 0) this.#recovered(loop, state.failures);
    state.failures = 0;
    state.error = undefined;
    this.#end(state);
  }

  /** The same text again and again is one line. */
  failed(loop: string, error: ErrorData, waitSeconds: number): void {
    const state = this.#stateOf(loop);
    const isKnown = state.error?.name === error.name && state.error.message === error.message;
    state.failures++;
    state.error = error;
    this.#end(state);
    const message = "The loop {loop} of {queue} failed, and is tried again in {wait} s: {reason}";
    const reason = `${error.name}: ${error.message}`;
    const properties = { loop, reason, wait: waitSeconds, failures: state.failures };
    const more = { error, properties, fingerprint: ["loop-failed", this.#queue, loop] };
    this.#report(notice(isKnown ? "debug" : "error", this.#queue, message, more));
  }

  #recovered(loop: string, count: number): void {
    const message = `The loop {loop} of {queue} works again, after {count} ${
      nounFor(count, "failure")
    }`;
    this.#report(notice("info", this.#queue, message, { properties: { loop, count } }));
  }

  /**
   * Looks for a pass that did not end when it was aborted. Call this every 250 ms.
   *
   * @param now `performance.now()`
   * @param lateMs For how many ms the process was stopped before.
   */
  sweep(now: number, lateMs: number): HungLoop | undefined {
    for (const [loop, state] of this.#loops) {
      if (state.since === undefined) continue;
      state.since = Math.min(now, state.since + lateMs);
      if (now - state.since >= state.maxSeconds * 1000 + this.#graceMs) {
        return { loop, seconds: state.maxSeconds };
      }
    }
    return undefined;
  }

  /** A loop whose pass runs, if one does: of several, the one that began first. */
  get running(): string | undefined {
    const running = [...this.#loops].filter(([, { since }]) => since !== undefined);
    return running.toSorted(([, a], [, b]) => (a.since ?? 0) - (b.since ?? 0))[0]?.[0];
  }

  /** Every loop that has run. */
  get figures(): readonly LoopFigures[] {
    const now = performance.now();
    return [...this.#loops].map(([name, { since, endedAt, failures, error }]) => {
      const runningSeconds = since === undefined ? undefined : (now - since) / 1000;
      return { name, runningSeconds, endedAt, failures, error };
    });
  }

  /** The thread is gone, and with it the passes that ran. */
  threadEnded(): void {
    for (const state of this.#loops.values()) state.since = undefined;
    this.#wake();
  }

  /** Waits until no pass runs. @param limitMs How long at most. */
  async idle(limitMs: number): Promise<void> {
    if (this.running !== undefined) await within(limitMs, this.#idle.promise);
  }

  #stateOf(loop: string): LoopState {
    const known = this.#loops.get(loop);
    if (known) return known;
    const state = {
      maxSeconds: 0,
      since: undefined,
      endedAt: undefined,
      failures: 0,
      error: undefined,
    };
    this.#loops.set(loop, state);
    return state;
  }

  #end(state: LoopState): void {
    state.since = undefined;
    state.endedAt = Date.now();
    this.#wake();
  }

  #wake(): void {
    if (this.running !== undefined) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }
}
