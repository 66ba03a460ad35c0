import assert from "node:assert/strict";
import { setupError } from "../../../lib/engine/host/setup_error.ts";

const STACK = `TypeError: no printer
    at open (file:///mine/node_modules/printer/index.js:3:1)
    at setup (file:///mine/greetings.ts:8:11)
    at WorkerSetup.setup (file:///program/lib/engine/host/worker_setup.ts:1:1)`;

Deno.test("setupError has the first place in the worker's folder, and the whole stack", () => {
  const thrown = Object.assign(new TypeError("no printer"), { stack: STACK });
  const table = [["/mine/workers/greetings.ts", "/mine/node_modules/printer/index.js:3:1"], [
    "/mine/greetings.ts",
    "/mine/greetings.ts:8:11",
  ]] as const;
  for (const [file, place] of table) {
    const error = setupError("greetings", file, thrown) as Error;
    assert.equal(error.message, `The setup of greetings threw: TypeError: no printer (${place})`);
    assert.equal(error.stack, STACK);
  }
});
