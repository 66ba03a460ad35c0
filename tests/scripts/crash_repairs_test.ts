import assert from "node:assert/strict";
import {
  isGoodRepair,
  judgeRepairs,
  type RepairEvidence,
  repairReport,
} from "../../scripts/crash/repairs/verdict.ts";

const EVIDENCE: RepairEvidence = {
  meant: [1, 2, 4],
  others: [3, 6],
  putBack: [2, 1],
  saved: [4],
  left: [3, 6],
  kills: 2,
};

const ROWS: readonly [title: string, more: Partial<RepairEvidence>, isGood: boolean][] = [
  ["all that is meant is put back or saved", {}, true],
  ["what is meant is still a dead letter", { saved: [], left: [3, 4, 6] }, true],
  ["an event is nowhere", { saved: [] }, false],
  ["one of the others is nowhere", { left: [3] }, false],
  ["events are in two places", { left: [1, 3, 6] }, true],
  ["more are than the kills allow", { left: [1, 3, 6], kills: 0 }, false],
  ["the others have another order", { left: [6, 3] }, false],
  ["one of the others is there twice", { left: [3, 3, 6] }, false],
];

for (const [title, more, isGood] of ROWS) {
  Deno.test(`the verdict on repairs where ${title} is ${isGood ? "good" : "bad"}`, () => {
    const verdict = judgeRepairs({ ...EVIDENCE, ...more });
    assert.equal(isGoodRepair(verdict), isGood);
    assert.equal(repairReport(verdict).at(-1), isGood ? "passed" : "FAILED");
  });
}
