import assert from "node:assert/strict";
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
