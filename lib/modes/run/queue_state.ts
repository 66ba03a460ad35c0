/**
 * The state of a queue in this process: one pure function, and since when it lasts.
 *
 * @module
 */

import type { PauseRecord, QueueState } from "../../monitoring/snapshot.ts";

/** The most characters of a reason. */
const MOST_REASON = 200;

/** What the state of a queue follows from. */
export interface QueueSigns {
  /** What its supervisor says, such as `restarting`; `undefined` without a thread. */
  readonly runner: string | undefined;
  /** Whether its worker was set up and told to consume. */
  readonly isStarted: boolean;
  readonly isParked: boolean;
  /** SIGTSTP holds the queue. */
  readonly isQuiet: boolean;
  /** An operator holds the queue. */
  readonly paused: PauseRecord | undefined;
  /** What its worker waits for. */
  readonly waitingFor: string | undefined;
  /** The last error that was reported. */
  readonly lastError?: { readonly name: string; readonly message: string } | undefined;
}

/** A state, and why the queue is in it, where that needs a word. */
export interface StateAndReason {
  readonly state: QueueState;
  readonly reason: string | null;
}

/** The state of a queue. */
export function queueState(signs: QueueSigns): StateAndReason {
  const { runner = signs.isStarted ? "consuming" : "starting", isParked, paused, isQuiet } = signs;
  if (runner === "stopping") return { state: "stopped", reason: "the process stops" };
  if (isParked) return { state: "parked", reason: problemOf(signs) };
  if (paused) return { state: "paused", reason: `paused by ${paused.by}` };
  if (isQuiet) return { state: "paused", reason: "SIGTSTP" };
  if (runner === "restarting") return { state: "starting", reason: problemOf(signs) };
  if (runner !== "consuming") return { state: "starting", reason: null };
  if (signs.waitingFor === undefined) return { state: "consuming", reason: null };
  return { state: "paused", reason: `waits for ${signs.waitingFor}` };
}

function problemOf({ lastError }: QueueSigns): string | null {
  return lastError ? `${lastError.name}: ${lastError.message}`.slice(0, MOST_REASON) : null;
}

/** The state in the words of the log's status line. */
export function stateText(signs: QueueSigns): string {
  const { runner = signs.isStarted ? "consuming" : "starting", isParked, waitingFor } = signs;
  if (isParked) return "parked";
  const isHeld = runner === "consuming" || runner === "starting";
  if (isHeld && signs.paused) return "paused";
  if (isHeld && signs.isQuiet) return "quiet";
  return runner === "consuming" && waitingFor !== undefined ? `waiting for ${waitingFor}` : runner;
}

/** Notes when a state began. */
export class StateClock {
  readonly #now: () => number;
  #last: StateAndReason | undefined;
  #since: number;

  /** @param now The time in ms since 1970. @default {Date.now} */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#since = now();
  }

  /** When the state began, in ms since 1970. Call it a few times a second. */
  since(state: StateAndReason): number {
    const isSame = this.#last?.state === state.state && this.#last.reason === state.reason;
    if (!isSame) this.#since = this.#now();
    this.#last = state;
    return this.#since;
  }
}
