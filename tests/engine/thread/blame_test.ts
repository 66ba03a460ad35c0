import assert from "node:assert/strict";
import type { Job } from "../../../lib/engine/executor/executor.ts";
import { type Blame, judge } from "../../../lib/engine/thread/blame.ts";
import { job } from "../../fixtures/executor.ts";

const [a, b, c] = [job("a"), job("b"), job("c")];
const alone = job("alone", { alone: true });

interface Case {
  readonly blame: Partial<Blame>;
  readonly outstanding: readonly Job[];
  readonly running?: readonly Job[];
  readonly isFresh?: boolean;
  readonly blamed?: readonly Job[];
  readonly suspects?: readonly Job[];
}

const CASES: Readonly<Record<string, Case>> = {
  "all that ran are suspects, and what waited is not": {
    blame: { suspects: "running" },
    outstanding: [a, b, c],
    running: [a, b],
    suspects: [a, b],
  },
  "one that ran beside nothing, but not as a suspect, is a suspect": {
    blame: { suspects: "running" },
    outstanding: [a],
    running: [a],
    suspects: [a],
  },
  "a suspect that ran alone, the first in its thread, is blamed": {
    blame: { suspects: "running" },
    outstanding: [alone],
    running: [alone],
    blamed: [alone],
    suspects: [alone],
  },
  "one that ran alone after another stays a suspect": {
    blame: { suspects: "running" },
    outstanding: [alone],
    running: [alone],
    isFresh: false,
    suspects: [alone],
  },
  "a job that surely ended the thread is blamed, and what ran beside it is no suspect": {
    blame: { blamed: [a] },
    outstanding: [a, b],
    running: [a, b],
    blamed: [a],
  },
  "what has an outcome is neither blamed nor suspected": {
    blame: { blamed: [a], suspects: [a, b] },
    outstanding: [c],
  },
  "what did not end when its thread retired is suspected": {
    blame: { suspects: [a] },
    outstanding: [a, b],
    running: [a, b],
    suspects: [a],
  },
  "where nothing ran, there is no suspect": {
    blame: { suspects: "running" },
    outstanding: [a, b],
  },
};

for (
  const [what, { blame, outstanding, running = [], isFresh = true, ...want }] of Object.entries(
    CASES,
  )
) {
  Deno.test(`blame in a thread: ${what}`, () => {
    const { blamed = [], suspects = [] } = want;
    const verdict = judge({ blamed: [], suspects: [], ...blame }, {
      outstanding,
      running,
      isFresh,
    });
    assert.deepEqual([...verdict.blamed], blamed);
    assert.deepEqual(verdict.suspects, suspects);
  });
}
