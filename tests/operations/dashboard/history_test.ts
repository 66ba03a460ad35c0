import assert from "node:assert/strict";
import { Histories, HISTORY_POINTS } from "../../../lib/operations/dashboard/history.ts";
import { exampleReport } from "../../fixtures/server/fake_dashboard.ts";

function report(ready: number | null, queue = "mails") {
  return { ...exampleReport(), queue, ready };
}

Deno.test("a history has one point each 10 s, unknown ones are null, gaps stay gaps", () => {
  const histories = new Histories();
  histories.add([report(1)], 0);
  histories.add([report(2)], 2000);
  histories.add([report(null)], 10_000);
  histories.add([report(4)], 40_100);
  const history = histories.of("mails");
  assert.deepEqual(history?.ready, [1, null, null, null, 4]);
  assert.deepEqual(history?.failed, [2, 2, null, null, 2]);
  assert.equal(history?.ends_at, "1970-01-01T00:00:40.100Z");
});

Deno.test("a history ends after half an hour, and one of a queue that is gone is forgotten", () => {
  const histories = new Histories();
  for (let n = 0; n < 2 * HISTORY_POINTS; n++) {
    histories.add([report(n), report(0, "other")], n * 10_000);
  }
  const { ready = [] } = histories.of("mails") ?? {};
  assert.deepEqual([ready.length, ready[0], ready.at(-1)], [180, 180, 359]);
  histories.add([report(1)], 1e9);
  assert.equal(histories.of("other"), null);
  assert.deepEqual(Object.keys(histories.all), ["mails"]);
});

Deno.test("a history keeps a long queue's length exactly", () => {
  const histories = new Histories();
  histories.add([{ ...report(1_204_311), rate: 0.12345678 }], 0);
  const { ready, rate } = histories.of("mails") ?? {};
  assert.deepEqual([ready, rate], [[1_204_311], [0.1235]]);
});
