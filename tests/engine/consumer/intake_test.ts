import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bareEntry, type Entry } from "../../../lib/engine/consumer/entry.ts";
import {
  decide,
  decideInvalid,
  type Decision,
  type Surroundings,
} from "../../../lib/engine/consumer/intake.ts";
import { InvalidEvent } from "../../../lib/engine/settle/invalid_event.ts";
import type { Outcome } from "../../../lib/engine/settle/outcome.ts";

const NOW = 1_700_000_000_000;

function entry(changes: Partial<Entry> = {}): Entry {
  const delivery = { body: Buffer.from(""), properties: {}, redelivered: false, lost: false };
  return { ...bareEntry(delivery, 0), id: "a", messageId: "a", ...changes };
}

/** An ordinary event in ordinary times. */
const ORDINARY: Known = {
  isOverfull: false,
  duplicateOf: () => undefined,
  has: () => false,
  countCrash: () => undefined,
};

/** The surroundings in one object. */
type Known = Surroundings["window"] & Surroundings["redelivered"] & Surroundings["suspects"];

function decideFor(event: Entry, changes: Partial<Known>): Decision {
  const known = { ...ORDINARY, ...changes };
  return decide(event, { window: known, redelivered: known, suspects: known }, () => NOW);
}

const JOIN = { kind: "join", first: entry() } as const;
const ENDED = { kind: "ended", id: "a", ending: undefined } as const;
const NEAR = { ...entry().delivery, redelivered: true, isNearLimit: true };
const FULL = { isOverfull: true };
const UNCLEAR = { kind: "unclear" } as const;
const REPLACED = { kind: "settle", settlement: { kind: "republish" } } as const;
const CRASHED: Outcome = {
  kind: "crashed",
  reason: "crashed",
  attempt: 1,
  error: { name: "ProcessEnded", message: "" },
};

const CASES: readonly [
  title: string,
  event: Partial<Entry>,
  around: Partial<Known>,
  decision: Decision,
][] = [
  ["runs", {}, {}, { kind: "run" }],
  ["runs a second early", { notBefore: NOW + 1000 }, {}, { kind: "run" }],
  ["runs after its time", { notBefore: NOW - 1 }, {}, { kind: "run" }],
  ["goes back where there is no room", {}, { isOverfull: true }, { kind: "no room" }],
  [
    "goes back where there is no room, though it was done",
    {},
    { isOverfull: true, duplicateOf: () => ENDED },
    { kind: "no room" },
  ],
  ["is settled by what its run came to", {}, { duplicateOf: () => ENDED }, ENDED],
  [
    "joins its first run",
    {},
    { duplicateOf: () => JOIN, has: () => true },
    JOIN,
  ],
  ["is replaced near its delivery limit", { delivery: NEAR }, {}, REPLACED],
  ["is replaced near its delivery limit without room", { delivery: NEAR }, FULL, REPLACED],
  ["is replaced as a suspect, too", { delivery: NEAR }, { has: () => true }, REPLACED],
  [
    "has its crash counted near its delivery limit",
    { delivery: NEAR },
    { has: () => true, countCrash: () => CRASHED },
    { kind: "end", outcome: CRASHED },
  ],
  [
    "joins its first run near its delivery limit",
    { delivery: NEAR },
    { duplicateOf: () => JOIN },
    JOIN,
  ],
  ["gets an id by a copy", {}, { duplicateOf: () => UNCLEAR }, REPLACED],
  [
    "gets an id by a copy as a suspect, too",
    {},
    { duplicateOf: () => UNCLEAR, has: () => true },
    REPLACED,
  ],
  [
    "has its crash counted before it gets an id by a copy",
    {},
    { duplicateOf: () => UNCLEAR, has: () => true, countCrash: () => CRASHED },
    { kind: "end", outcome: CRASHED },
  ],
  ["is isolated as a suspect", {}, { has: () => true }, { kind: "isolate" }],
  ["is isolated when it has crashed before", { alone: true }, {}, { kind: "isolate" }],
  [
    "ends when it ended a process alone",
    {},
    { has: () => true, countCrash: () => CRASHED },
    { kind: "end", outcome: CRASHED },
  ],
  [
    "runs though its key has crashes, as it is no suspect",
    {},
    { countCrash: () => CRASHED },
    { kind: "run" },
  ],
];

for (const [title, event, around, decision] of CASES) {
  Deno.test(`An event that was delivered ${title}`, () => {
    assert.deepEqual(decideFor(entry(event), around), decision);
  });
}

Deno.test("An event that was delivered before its time waits on, before all else", () => {
  const early = entry({ notBefore: NOW + 90_000, attempt: 3, crashes: 1 });
  const decision = decideFor(early, { isOverfull: true, has: () => true });
  assert.deepEqual(decision, {
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
  const full = decideInvalid(new InvalidEvent("no"), { window: { isOverfull: true } });
  assert.deepEqual(full, { kind: "no room" });
  const decision = decideInvalid(new InvalidEvent("no"), { window: { isOverfull: false } });
  assert(decision.kind === "settle" && decision.settlement.kind === "fail");
  const { reason, attempts, error } = decision.settlement;
  assert.deepEqual([reason, attempts], ["invalid", 1]);
  assert.deepEqual(error, { ...error, name: "InvalidEvent", message: "no", stack: undefined });
});

Deno.test("A delivery that breaks the engine is dead-lettered with its stack", () => {
  const decision = decideInvalid(new TypeError("x"), { window: { isOverfull: false } });
  assert(decision.kind === "settle" && decision.settlement.kind === "fail");
  assert.match(decision.settlement.error.stack ?? "", /^TypeError: x\n/);
});
