import assert from "node:assert/strict";
import type { RunContext } from "../../../lib/engine/executor/context.ts";
import { Loops, NO_LISTENER } from "../../../lib/engine/host/loops.ts";
import { callFor, uncaughtData } from "../../../lib/engine/executor/current_run.ts";
import { Run } from "../../../lib/engine/executor/run.ts";
import { hiding } from "../../../lib/errors/hide.ts";
import { job } from "../../fixtures/executor.ts";

const CONTEXT = {} as RunContext;

function runOf(id: string, secret: string, options: { readonly body?: string } = {}): Run {
  return new Run(
    [{ job: job(id, options), event: {}, attempt: 1 }],
    CONTEXT,
    0,
    0,
    hiding([secret]),
  );
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

Deno.test("of the last events with secrets, no more than a million characters are kept", () => {
  callFor(runOf("small", "ali baba"), () => {});
  callFor(runOf("large", "sesame", { body: "x".repeat(2 ** 20) }), () => {});
  assert.equal(uncaughtData(new Error("ali baba: sesame")).message, "ali baba: ***");
});

Deno.test("the error of a loop has no secret of the last events", async () => {
  callFor(runOf("a", "sesame"), () => {});
  const failed = Promise.withResolvers<string>();
  const run = () => Promise.reject(new Error("cannot publish sesame"));
  const loops = new Loops([{ name: "outbox", everySeconds: 60, maxSeconds: 60, run }], {
    queue: "q",
    listener: { ...NO_LISTENER, failed: (_loop, { message }) => failed.resolve(message) },
  });
  loops.start();
  try {
    assert.equal(await failed.promise, "cannot publish ***");
  } finally {
    await loops.stop();
  }
});
