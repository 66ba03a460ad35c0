import assert from "node:assert/strict";
import {
  type QueueSigns,
  queueState,
  StateClock,
  stateText,
} from "../../../lib/modes/run/queue_state.ts";

const CONSUMING: QueueSigns = {
  runner: "consuming",
  isStarted: true,
  isParked: false,
  isQuiet: false,
  paused: undefined,
  waitingFor: undefined,
};
const paused = { by: "ada", at: "2026-01-01T10:00:00.000Z", reason: null, until: null };
const lastError = { name: "WorkerSetupError", message: "no SMTP server" };

/** What the signs change, the state and its reason, and the word in the log. */
const CASES: [Partial<QueueSigns>, string, string | null, string][] = [
  [{}, "consuming", null, "consuming"],
  [{ runner: "starting" }, "starting", null, "starting"],
  [{ runner: undefined, isStarted: false }, "starting", null, "starting"],
  [{ runner: undefined }, "consuming", null, "consuming"],
  [{ runner: "restarting" }, "starting", null, "restarting"],
  [
    { runner: "restarting", lastError },
    "starting",
    "WorkerSetupError: no SMTP server",
    "restarting",
  ],
  [{ runner: "stopping" }, "stopped", "the process stops", "stopping"],
  [{ isParked: true, lastError }, "parked", "WorkerSetupError: no SMTP server", "parked"],
  [{ isQuiet: true }, "paused", "SIGTSTP", "quiet"],
  [{ paused }, "paused", "paused by ada", "paused"],
  [{ paused, isQuiet: true }, "paused", "paused by ada", "paused"],
  [{ paused, isParked: true }, "parked", null, "parked"],
  [
    { waitingFor: "the database" },
    "paused",
    "waits for the database",
    "waiting for the database",
  ],
];

Deno.test("the state of a queue follows from what its supervisor, signals and operators say", () => {
  for (const [more, state, reason, text] of CASES) {
    const signs = { ...CONSUMING, ...more };
    assert.deepEqual(queueState(signs), { state, reason }, JSON.stringify(more));
    assert.equal(stateText(signs), text, JSON.stringify(more));
  }
});

Deno.test("a state lasts since it began", () => {
  let now = 1;
  const clock = new StateClock(() => now);
  const since = (signs: Partial<QueueSigns>) => clock.since(queueState({ ...CONSUMING, ...signs }));
  assert.equal(since({}), 1);
  now = 2;
  assert.equal(since({}), 1);
  assert.equal(since({ isQuiet: true }), 2);
  now = 3;
  assert.equal(since({ isQuiet: true }), 2);
  assert.equal(since({ paused }), 3);
});
