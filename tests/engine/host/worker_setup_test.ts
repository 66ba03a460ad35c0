import assert from "node:assert/strict";
import { z } from "zod";
import { loadConfig } from "../../../lib/config/config.ts";
import { WorkerSetup } from "../../../lib/engine/host/worker_setup.ts";
import { eventLogger } from "../../../lib/log/log.ts";
import { defineWorker } from "../../../lib/worker.ts";

function setupThatReturns(value: unknown): WorkerSetup {
  const setup = () => value as undefined;
  const worker = defineWorker({ queue: "q", event: z.unknown(), setup, consume() {} });
  return new WorkerSetup(worker, {
    queue: "q",
    workerNum: 0,
    config: loadConfig({}),
    log: eventLogger("q", 0),
    publish: () => Promise.resolve(),
    threads: { start: () => Promise.reject(new Error("none")), close: () => Promise.resolve() },
  });
}

for (const symbol of [Symbol.asyncDispose, Symbol.dispose]) {
  Deno.test(`what setup returns is disposed of by ${symbol.description}, once`, async () => {
    let count = 0;
    const setup = setupThatReturns({ [symbol]: () => void count++ });
    await setup.setup();
    assert.equal(count, 0);
    await setup.close();
    await setup.close();
    assert.equal(count, 1);
  });
}

Deno.test("a setup may return nothing", async () => {
  for (const nothing of [undefined, null]) {
    const setup = setupThatReturns(nothing);
    await setup.setup();
    await setup.close();
  }
});

for (const value of [{ close() {} }, 5, "x"]) {
  Deno.test(`a setup that returns ${typeof value} is an error at the start`, async () => {
    await assert.rejects(setupThatReturns(value).setup(), {
      name: "WorkerDeclarationError",
      message: "The setup of q returns a value that cannot be disposed of: return an object with " +
        "[Symbol.asyncDispose] or [Symbol.dispose], or nothing",
    });
  });
}
