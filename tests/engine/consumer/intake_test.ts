import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bareEntry, type Entry } from "../../../lib/engine/consumer/entry.ts";
import {
  type Intake,
  intakeOf,
  intakeOfInvalid,
  type Surroundings,
} from "../../../lib/engine/consumer/intake.ts";
import { InvalidEvent } from "../../../lib/engine/settle/invalid_event.ts";
import type { Outcome } from "../../../lib/engine/settle/outcome.ts";

const NOW = 1_700_000_000_000;

function entry(changes: Partial<Entry> = {}): Entry {
  const delivery = { body: Buffer.from(""), properties: {}, redelivered: false, lost: false };
  return { ...bareEntry(delivery, 0), id: "a", ...changes };
}

/** An ordinary event in ordinary times. */
const ORDINARY: Surroundings = {
  now: NOW,
  isOverfull: false,
  duplicateOf: () => undefined,
  isSuspect: () => false,
  countCrash: () => undefined,
};

const FIRST = entry();
const CRASHED: Outcome = {
  kind: "crashed",
  reason: "crashed",
  attempt: 1,
  error: { name: "ProcessEnded", message: "" },
};

const CASES: readonly [
  title: string,
  event: Partial<Entry>,
  around: Partial<Surroundings>,
  intake: Intake,
][] = [
  ["runs", {}, {}, { kind: "run" }],
  ["runs a second early", { notBefore: NOW + 1000 }, {}, { kind: "run" }],
  ["runs after its time", { notBefore: NOW - 1 }, {}, { kind: "run" }],
  ["goes back where there is no room", {}, { isOverfull: true }, { kind: "no room" }],
  [
    "goes back where there is no room, though it was done",
    {},
    { isOverfull: true, duplicateOf: () => "done" },
    { kind: "no room" },
  ],
  ["is acknowledged when it was done", {}, { duplicateOf: () => "done" }, { kind: "done" }],
  [
    "joins its first run",
    {},
    { duplicateOf: () => FIRST, isSuspect: () => true },
    { kind: "join", first: FIRST },
  ],
  ["is isolated as a suspect", {}, { isSuspect: () => true }, { kind: "isolate" }],
  ["is isolated when it has crashed before", { alone: true }, {}, { kind: "isolate" }],
  [
    "ends when it ended a process alone",
    {},
    { isSuspect: () => true, countCrash: () => CRASHED },
    { kind: "end", outcome: CRASHED },
  ],
  [
    "runs though its key has crashes, as it is no suspect",
    {},
    { countCrash: () => CRASHED },
    { kind: "run" },
  ],
];

for (const [title, event, around, intake] of CASES) {
  Deno.test(`An event that was delivered ${title}`, () => {
    assert.deepEqual(intakeOf(entry(event), { ...ORDINARY, ...around }), intake);
  });
}

Deno.test("An event that was delivered before its time waits on, before all else", () => {
  const early = entry({ notBefore: NOW + 90_000, attempt: 3, crashes: 1 });
  const intake = intakeOf(early, { ...ORDINARY, isOverfull: true, isSuspect: () => true });
  assert.deepEqual(intake, {
    kind: "settle",
    settlement: {
      kind: "retry",
      delay: 90,
      attempts: 2,
      crashes: 1,
      reason: "retry-later",
      error: { name: "NotDue", message: "It is not due yet" },
      waiting: true,
    },
  });
});

Deno.test("A delivery that is no event is dead-lettered without a stack, if there is room", () => {
  assert.deepEqual(intakeOfInvalid(new InvalidEvent("no"), { isOverfull: true }), {
    kind: "no room",
  });
  const intake = intakeOfInvalid(new InvalidEvent("no"), { isOverfull: false });
  assert(intake.kind === "settle" && intake.settlement.kind === "fail");
  const { reason, attempts, error } = intake.settlement;
  assert.deepEqual([reason, attempts], ["invalid", 1]);
  assert.deepEqual(error, { ...error, name: "InvalidEvent", message: "no", stack: undefined });
});

Deno.test("A delivery that breaks the engine is dead-lettered with its stack", () => {
  const intake = intakeOfInvalid(new TypeError("x"), { isOverfull: false });
  assert(intake.kind === "settle" && intake.settlement.kind === "fail");
  assert.match(intake.settlement.error.stack ?? "", /^TypeError: x\n/);
});
