/**
 * The verdict of the crash suite's mode with missed messages, and its report.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  growthOf,
  isFlat,
  type MemorySample,
  memoryText,
} from "../../scripts/crash/missed/memory.ts";
import {
  isGoodMissed,
  missedReport,
  type MissedResult,
} from "../../scripts/crash/missed/report.ts";
import {
  mailOfEvent,
  mailOfText,
  type MissedMail,
  type MissedVerdict,
  verdictOf,
} from "../../scripts/crash/missed/verdict.ts";

const VERDICTS: readonly (readonly [
  what: string,
  mails: readonly (readonly [id: string, ...rows: number[]])[],
  verdict: Partial<MissedVerdict>,
])[] = [
  ["all well", [["a", 1, 2], ["b", 3]], { mails: 2 }],
  ["a row without a mail", [["a", 1, 2]], { mails: 1, lost: [3] }],
  ["a row in two mails", [["a", 1, 2], ["b", 2, 3]], { mails: 2, twice: [2] }],
  ["a mail that came again", [["a", 1, 2], ["b", 3], ["b", 3]], { mails: 2, again: 1 }],
  ["no mail", [], { mails: 0, lost: [1, 2, 3] }],
];

for (const [what, mails, verdict] of VERDICTS) {
  Deno.test(`in the crash suite's verdict on missed messages: ${what}`, () => {
    const none = { rows: 3, again: 0, lost: [], twice: [] };
    assert.deepEqual(verdictOf([1, 2, 3], mails.map(mailOf)), { ...none, ...verdict });
  });
}

function mailOf([id, ...rows]: readonly [string, ...number[]]): MissedMail {
  return { id, rows };
}

Deno.test("an event names its rows, and a mail the messages that it shows", () => {
  assert.deepEqual(mailOfEvent("missed:7,12"), { id: "missed:7,12", rows: [7, 12] });
  assert.deepEqual(mailOfEvent("scheduled:7"), { id: "scheduled:7", rows: [] });
  const text = "User 3:\n> message 7.\n> message 12.\n\nmessages are 2. message 99";
  assert.deepEqual(mailOfText(0, text), { id: "0", rows: [7, 12] });
});

function samples(...mb: readonly number[]): MemorySample[] {
  return mb.map((mb, seconds) => ({ seconds, mb }));
}

Deno.test("memory grows when its last quarter is above the second", () => {
  const flat = Array.from({ length: 60 }, (_, at) => 200 + 50 * (at % 2));
  assert.equal(isFlat(growthOf(samples(...flat))), true);
  const growing = samples(...flat.map((mb, at) => mb + 4 * at));
  assert.equal(isFlat(growthOf(growing)), false);
  assert.equal(growthOf(samples(...flat).slice(0, 39)), undefined);
  assert.equal(isFlat(undefined), true);
});

Deno.test("the report has some of the memory's samples, the first and the last among them", () => {
  assert.equal(memoryText(samples(100, 120)), "100 MB (0 s), 120 MB (1 s)");
  assert.equal(memoryText([]), "");
  const many = memoryText(samples(...Array.from({ length: 100 }, (_, at) => at)));
  assert.match(many, /^0 MB \(0 s\), .*, 99 MB \(99 s\)$/);
  assert.equal(many.split(", ").length, 12);
});

function resultOf(more: Partial<MissedResult>): MissedResult {
  return {
    ...{ broker: "rabbitmq", database: "postgres", isSent: false, users: 2, kills: 3 },
    ...{ leftInOutbox: 1, seconds: 2, memory: samples(100), problems: [] },
    verdict: verdictOf([1, 2, 3], [{ id: "a", rows: [1, 2] }, { id: "b", rows: [3] }]),
    ...more,
  };
}

Deno.test("a run with missed messages is good only when each was mailed once", () => {
  const [once, twice] = [{ id: "a", rows: [1, 2] }, { id: "b", rows: [2, 3] }];
  const growing = samples(...Array.from({ length: 60 }, (_, at) => 4 * at));
  assert.equal(isGoodMissed(resultOf({})), true);
  for (
    const bad of [
      { verdict: verdictOf([1, 2, 3], [once]) },
      { verdict: verdictOf([1, 2, 3], [once, twice]) },
      { problems: ["first ended with exit code 1"] },
      { memory: growing },
    ]
  ) assert.equal(isGoodMissed(resultOf(bad)), false);
});

Deno.test("the report on missed messages names those without a mail, and how to repeat the run", () => {
  const verdict = verdictOf([1, 2, 3], [{ id: "a", rows: [1, 2] }, { id: "b", rows: [2] }]);
  const text = missedReport(resultOf({ verdict, isSent: true })).join("\n");
  assert.match(text, /^rows +3 +2\/s, /m);
  assert.match(text, /^SIGKILL +3$/m);
  assert.match(text, /^left in the outbox +1 /m);
  assert.match(text, /^not mailed: 3$/m);
  assert.match(text, /^mailed twice: 2$/m);
  assert.match(
    text,
    /^FAILED; .*deno task crash --missed --broker rabbitmq --database postgres --rows 3 --users 2 --send$/m,
  );
});
