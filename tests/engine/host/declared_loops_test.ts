import assert from "node:assert/strict";
import { DeclaredLoops } from "../../../lib/engine/host/declared_loops.ts";
import type { LoopOptions } from "../../../lib/worker.ts";

const LOOP: LoopOptions = { name: "tidy", everySeconds: 10, maxSeconds: 60, run() {} };

const WRONG: readonly [options: object, message: string][] = [
  [{ name: "" }, "has a loop without a name: add `name`"],
  [{ name: undefined }, "has a loop without a name: add `name`"],
  [{ name: "taken" }, "has two loops named taken: rename one of them"],
  [{ run: undefined }, "has a loop tidy without `run(signal)`: add it"],
  [
    { evrySeconds: 5 },
    "has a loop tidy that has no option evrySeconds; did you mean everySeconds?",
  ],
  [
    { everySeconds: 0 },
    "has a loop tidy with everySeconds 0: it must be a number over 0, at most 2000000",
  ],
  [
    { everySeconds: NaN },
    "has a loop tidy with everySeconds NaN: it must be a number over 0, at most 2000000",
  ],
  [
    { maxSeconds: 1e9 },
    "has a loop tidy with maxSeconds 1000000000: it must be a number over 0, at most 2000000",
  ],
  [
    { maxSeconds: undefined },
    "has a loop tidy with maxSeconds undefined: it must be a number over 0, at most 2000000",
  ],
];

for (const [options, message] of WRONG) {
  Deno.test(`a loop with ${Deno.inspect(options)} is refused`, () => {
    const loops = new DeclaredLoops("q");
    loops.add({ ...LOOP, name: "taken" }, true);
    assert.throws(() => loops.add({ ...LOOP, ...options }, true), {
      name: "WorkerDeclarationError",
      message: `The worker of q ${message}`,
    });
    assert.equal(loops.all.length, 1);
  });
}

Deno.test("a loop outside of setup is refused", () => {
  const loops = new DeclaredLoops("q");
  assert.throws(() => loops.add(LOOP, false), {
    name: "WorkerDeclarationError",
    message: "The worker of q called ctx.loop for tidy outside of setup: declare every loop in " +
      "`setup(ctx)`, before it returns",
  });
});
