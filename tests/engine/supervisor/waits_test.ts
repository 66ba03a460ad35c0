import assert from "node:assert/strict";
import { once, warnOnce } from "../../../lib/engine/supervisor/once.ts";
import { Waits } from "../../../lib/engine/supervisor/waits.ts";

const DAY_SECONDS = 86_400;

Deno.test("a stop ends the wait of a parked queue, and all later ones", async () => {
  const waits = new Waits({ most: 1, seconds: 300, parkSeconds: DAY_SECONDS });
  const parked = waits.whileParked();
  waits.end();
  await parked;
  await waits.whileParked();
});

Deno.test("a queue may fail as often as allowed, and again when it is forgiven", async () => {
  const waits = new Waits({ most: 1, seconds: 300, parkSeconds: DAY_SECONDS });
  assert(waits.mayFail);
  const wait = waits.afterFailure();
  assert(!waits.mayFail);
  waits.forgive();
  assert(waits.mayFail);
  waits.end();
  await wait;
});

Deno.test("a warning of the process is reported once, whichever queue comes first", () => {
  const warn = warnOnce();
  const warned: string[] = [];
  warn(() => warned.push("first"));
  warn(() => warned.push("second"));
  assert.deepEqual(warned, ["first"]);
});

Deno.test("what is done once gets the arguments of the first call", () => {
  const calls: boolean[] = [];
  const tell = once((isRun: boolean) => void calls.push(isRun));
  tell(true);
  tell(false);
  assert.deepEqual(calls, [true]);
});
