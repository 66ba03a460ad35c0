import assert from "node:assert/strict";
import { TOO_LATE, within } from "../../../lib/system/deadline.ts";
import { waitMs, Waits } from "../../../lib/engine/supervisor/waits.ts";

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

Deno.test("failures of long ago are forgotten", () => {
  let now = 0;
  const waits = new Waits({ most: 2, seconds: 300, parkSeconds: DAY_SECONDS }, () => now);
  waits.end();
  void waits.afterFailure();
  assert(waits.mayFail);
  void waits.afterFailure();
  now = 299_999;
  assert(!waits.mayFail);
  now = 300_000;
  assert(waits.mayFail);
});

Deno.test("each failure waits longer, up to 30 s", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => waitMs(failures, 1));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

Deno.test("what failed together does not try together", () => {
  assert.equal(waitMs(1, 0), 250);
  assert.equal(waitMs(1, 0.5), 375);
});

Deno.test("a wait that is skipped ends, and a later one does not", async () => {
  const waits = new Waits({ most: 1, seconds: 60, parkSeconds: 3600 });
  waits.skip();
  const parked = waits.whileParked();
  waits.skip();
  await parked;
  const later = waits.whileParked();
  assert.equal(await within(0, later), TOO_LATE);
  waits.end();
  await later;
});
