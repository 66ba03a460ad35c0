/**
 * Whether a queue waits for what all of its events need: one pure function, the states of a pause.
 *
 * @module
 */

/** What a queue waits for. */
export interface Waiting {
  /** What is away, as the worker says it. */
  readonly reason: string;
  /** The message of the last error; `""` where there is none. */
  readonly why: string;
  /** The length of the last pause, in seconds. */
  readonly seconds: number;
  /** When the first pause began, in ms. */
  readonly since: number;
  /** When the last pause began, in ms. */
  readonly at: number;
}

/** Whether events are taken. */
export type PauseState =
  /** Events are taken as usual. What was taken before a time, in ms, is not listened to. */
  | { readonly kind: "open"; readonly from: number }
  /** None is taken. */
  | ({ readonly kind: "paused" } & Waiting)
  /** One is taken, to try. What was taken before a time, in ms, is not listened to. */
  | ({ readonly kind: "trying"; readonly from: number } & Waiting);

/** What changes it. All times are in ms, on one clock. */
export type PauseEvent =
  /** A run threw PauseQueue. @param takenAt When its event was taken. */
  | {
    readonly kind: "thrown";
    readonly takenAt: number;
    readonly now: number;
    readonly reason: string;
    readonly why: string;
    readonly seconds: number;
  }
  /** A run came to any other end. @param takenAt When its event was taken. */
  | { readonly kind: "ended"; readonly takenAt: number }
  /** The time of the pause is over. */
  | { readonly kind: "over"; readonly now: number };

/** The longest pause, in seconds. */
export const MAX_PAUSE_SECONDS = 300;

/** The state of a queue that has met no pause. */
export const OPEN: PauseState = { kind: "open", from: -Infinity };

/**
 * The state after an event; the same object where nothing changes.
 *
 * Only the end of an event that was taken after the last pause says anything: one that ran beside the
 * first pause may end much later.
 */
export function nextPause(state: PauseState, event: PauseEvent): PauseState {
  switch (event.kind) {
    case "thrown":
      return thrown(state, event);
    case "ended":
      return state.kind === "trying" && event.takenAt >= state.from
        ? { kind: "open", from: state.from }
        : state;
    case "over":
      return state.kind === "paused" ? { ...state, kind: "trying", from: event.now } : state;
  }
}

function thrown(
  state: PauseState,
  { takenAt, now, reason, why, seconds }: Extract<PauseEvent, { kind: "thrown" }>,
): PauseState {
  if (state.kind === "paused" || takenAt < state.from) return state;
  const isAgain = state.kind === "trying";
  const least = isAgain ? 2 * state.seconds : 0;
  return {
    kind: "paused",
    reason,
    why,
    seconds: Math.min(Math.max(seconds, least), MAX_PAUSE_SECONDS),
    since: isAgain ? state.since : now,
    at: now,
  };
}

/** What is logged about a change. */
export type PauseNotice = "waits" | "still waits" | "goes on" | undefined;

/** A pause that is longer than this, in seconds, is logged again when it grows. */
const LONG_SECONDS = 60;
const HOUR_MS = 60 * 60 * 1000;

/**
 * What there is to say about a change: the first pause, each one over a minute that is longer than
 * the one before, the first one of each further hour, and the end.
 */
export function noticeOf(before: PauseState, after: PauseState): PauseNotice {
  if (before === after) return undefined;
  if (after.kind === "open") return "goes on";
  if (after.kind === "trying") return undefined;
  if (before.kind === "open") return "waits";
  if (after.seconds > LONG_SECONDS && after.seconds > before.seconds) return "waits";
  return hoursOf(after) > hoursOf(before) ? "still waits" : undefined;
}

/** How many whole hours a queue had waited when its last pause began. */
export function hoursOf({ since, at }: Waiting): number {
  return Math.floor((at - since) / HOUR_MS);
}
