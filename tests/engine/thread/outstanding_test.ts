import assert from "node:assert/strict";
import fc from "fast-check";
import type { Job } from "../../../lib/engine/executor/executor.ts";
import { OutstandingJobs } from "../../../lib/engine/thread/outstanding.ts";
import { job } from "../../fixtures/executor.ts";

type Act = { readonly kind: "add" | "delete" | "remove"; readonly pick: number };

const acts = fc.array(fc.record<Act>({
  kind: fc.constantFrom("add", "add", "add", "delete", "delete", "remove"),
  pick: fc.nat(),
}));

Deno.test("outstanding jobs are found by their numbers, and keep their order", () => {
  fc.assert(fc.property(acts, (acts) => {
    const outstanding = new OutstandingJobs<Job>();
    const model = new Map<number, Job>();
    for (const act of acts) play(outstanding, model, act);
  }));
});

function play(
  outstanding: OutstandingJobs<Job>,
  model: Map<number, Job>,
  { kind, pick }: Act,
): void {
  if (kind === "add") {
    const added = job(`e${pick}`, { attempt: 1 + pick % 3 });
    const seq = outstanding.add(added);
    assert(seq > 0 && !model.has(seq));
    model.set(seq, added);
  } else if (kind === "delete") {
    // Often the oldest, and sometimes one that is not there.
    const gone = pick % 2 === 0 ? [...model.keys()][0] ?? 1 : pick % 50;
    outstanding.delete(gone);
    model.delete(gone);
  } else {
    const expected = [...model].filter(([, { attempt }]) => attempt === 1 + pick % 3);
    for (const [gone] of expected) model.delete(gone);
    assert.deepEqual(
      outstanding.remove(({ attempt }) => attempt === 1 + pick % 3),
      expected.map(([, removed]) => removed),
    );
  }
  assert.deepEqual(outstanding.values(), [...model.values()]);
  assert.equal(outstanding.size, model.size);
  assert.equal(outstanding.first, model.values().next().value);
  const numbers = [...model.keys()];
  for (let any = 0; any <= Math.max(0, ...numbers) + 1; any++) {
    assert.equal(outstanding.get(any), model.get(any));
  }
}
