/**
 * The states of a pause as tables: what follows from what, and what is logged.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  nextPause,
  noticeOf,
  OPEN,
  type PauseEvent,
  type PauseNotice,
  type PauseState,
  type Waiting,
} from "../../../lib/engine/consumer/pause_state.ts";

const SMTP = { reason: "SMTP", why: "refused" };
const waiting = (seconds: number): Waiting => ({ ...SMTP, seconds, since: 1000, at: 1000 });
const after = (seconds: number, minutes: number): Waiting => (
  { ...waiting(seconds), at: 1000 + minutes * 60_000 }
);
const paused = (seconds: number, minutes = 0): PauseState => (
  { kind: "paused", ...after(seconds, minutes) }
);
const trying = (seconds: number, minutes = 0): PauseState => (
  { kind: "trying", from: 6000, ...after(seconds, minutes) }
);
const reopened: PauseState = { kind: "open", from: 6000 };
const thrown = (takenAt: number, seconds = 5, reason = "SMTP"): PauseEvent => (
  { kind: "thrown", takenAt, now: 1000, reason, why: "refused", seconds }
);
const ended = (takenAt: number): PauseEvent => ({ kind: "ended", takenAt });

const STATES: readonly [what: string, before: PauseState, PauseEvent, after: PauseState][] = [
  ["an open queue pauses for the time that its worker says", OPEN, thrown(900, 7), paused(7)],
  ["a pause has at most 300 s", OPEN, thrown(900, 4000), paused(300)],
  ["an event that ends well leaves a queue open", OPEN, ended(900), OPEN],
  ["a second event of the window counts as the same pause", paused(5), thrown(900, 60), paused(5)],
  ["what runs beside it and ends well does not open it", paused(5), ended(900), paused(5)],
  ["after its time one event tries", paused(5), { kind: "over", now: 6000 }, trying(5)],
  ["the pause doubles where that one throws again", trying(5), thrown(6000), paused(10)],
  ["it doubles up to 300 s", trying(200), thrown(6000), paused(300)],
  ["it stays at 300 s", trying(300), thrown(6000), paused(300)],
  ["a worker that says more than twice as long has it", trying(5), thrown(6000, 90), paused(90)],
  ["how long a pause has lasted is kept", { ...trying(300) }, {
    ...thrown(6000) as Extract<PauseEvent, { kind: "thrown" }>,
    now: 3_601_000,
  }, paused(300, 60)],
  ["what the worker says last is shown", trying(5), thrown(6000, 5, "DNS"), {
    kind: "paused",
    reason: "DNS",
    why: "refused",
    seconds: 10,
    since: 1000,
    at: 1000,
  }],
  ["any other end of that one opens the queue", trying(5), ended(6000), reopened],
  ["an event from before the pause that ends opens nothing", trying(5), ended(5999), trying(5)],
  ["one that throws then is of the same pause", trying(5), thrown(5999), trying(5)],
  ["also when the queue is open again", reopened, thrown(5999), reopened],
  ["a new pause begins at its first length", reopened, thrown(6000), paused(5)],
  ["a time that is over late changes nothing", reopened, { kind: "over", now: 9000 }, reopened],
];

for (const [what, before, event, after] of STATES) {
  Deno.test(`the pause of a queue: ${what}`, () => {
    assert.deepEqual(nextPause(before, event), after);
    if (after === before) assert.equal(nextPause(before, event), before);
  });
}

const NOTICES: readonly [PauseState, PauseState, told: PauseNotice][] = [
  [OPEN, paused(5), "waits"],
  [reopened, paused(300), "waits"],
  [paused(5), trying(5), undefined],
  [trying(5), paused(10), undefined],
  [trying(30), paused(60), undefined],
  [trying(40), paused(80), "waits"],
  [trying(160), paused(300), "waits"],
  [trying(300), paused(300), undefined],
  [trying(300, 50), paused(300, 59.9), undefined],
  [trying(300, 55), paused(300, 60), "still waits"],
  [trying(300, 60), paused(300, 65), undefined],
  [trying(300, 178), paused(300, 183), "still waits"],
  [trying(5), reopened, "goes on"],
  [reopened, reopened, undefined],
];

Deno.test("a pause is logged when it begins, when it grows beyond a minute, each hour, and at its end", () => {
  for (const [before, after, told] of NOTICES) {
    const seconds = (state: PauseState) => "seconds" in state ? ` ${state.seconds}` : "";
    const title = `${before.kind}${seconds(before)} -> ${after.kind}${seconds(after)}`;
    assert.equal(noticeOf(before, after), told, title);
  }
});
