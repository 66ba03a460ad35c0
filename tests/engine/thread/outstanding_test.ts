import assert from "node:assert/strict";
import fc from "fast-check";
import type { Job } from "../../../lib/engine/executor/executor.ts";
import { GivenJobs } from "../../../lib/engine/thread/outstanding.ts";
import { job } from "../../fixtures/executor.ts";

type Act = { readonly kind: "add" | "delete" | "remove"; readonly pick: number };

const acts = fc.array(fc.record<Act>({
  kind: fc.constantFrom("add", "add", "add", "delete", "delete", "remove"),
  pick: fc.nat(),
}));

Deno.test("Jobs given to a thread are found by their numbers, and keep their order", () => {
  fc.assert(fc.property(acts, (acts) => {
    const given = new GivenJobs();
    const model = new Map<number, Job>();
    acts.forEach((act, at) => play(given, model, act, at + 1));
  }));
});

function play(given: GivenJobs, model: Map<number, Job>, { kind, pick }: Act, seq: number): void {
  if (kind === "add") {
    const added = job(`e${seq}`, { attempt: 1 + pick % 3 });
    given.add(seq, added);
    model.set(seq, added);
  } else if (kind === "delete") {
    // Often the oldest, and sometimes one that is not there.
    const gone = pick % 2 === 0 ? [...model.keys()][0] ?? seq : pick % seq;
    given.delete(gone);
    model.delete(gone);
  } else {
    const expected = [...model].filter(([, { attempt }]) => attempt === 1 + pick % 3);
    for (const [gone] of expected) model.delete(gone);
    assert.deepEqual(
      given.remove(({ attempt }) => attempt === 1 + pick % 3),
      expected.map(([, removed]) => removed),
    );
  }
  assert.deepEqual(given.values(), [...model.values()]);
  assert.equal(given.size, model.size);
  assert.equal(given.first, model.values().next().value);
  for (let any = 0; any <= seq; any++) assert.equal(given.get(any), model.get(any));
}
