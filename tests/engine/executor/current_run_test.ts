import assert from "node:assert/strict";
import type { RunContext } from "../../../lib/engine/executor/context.ts";
import { callFor, uncaughtData } from "../../../lib/engine/executor/current_run.ts";
import { Run } from "../../../lib/engine/executor/run.ts";
import { hiding } from "../../../lib/errors/hide.ts";
import { job } from "../../fixtures/executor.ts";

const CONTEXT = {} as RunContext;

function runOf(id: string, secret: string): Run {
  return new Run([{ job: job(id), event: {}, attempt: 1 }], CONTEXT, 0, 0, hiding([secret]));
}

Deno.test("an error that nothing caught has no secret of the event that it belongs to", () => {
  const data = callFor(runOf("a", "sesame"), () => uncaughtData(new Error("open sesame")));
  assert.deepEqual([data.message, data.events], ["open ***", ["a"]]);
});

Deno.test("an error that belongs to no event has no secret of the last 100", () => {
  callFor(runOf("old", "ali baba"), () => {});
  for (let count = 0; count < 99; count++) callFor(runOf(`${count}`, `sesame ${count}!`), () => {});
  const { message, events } = uncaughtData(new Error("ali baba: sesame 0! sesame 98!"));
  assert.deepEqual([message, events], ["***: *** ***", undefined]);
});
