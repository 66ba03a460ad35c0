import assert from "node:assert/strict";
import type { EventProperties } from "../../../lib/engine/broker/broker.ts";
import { readState } from "../../../lib/engine/broker/event_state.ts";
import {
  republishProperties,
  requeueProperties,
  timesRetried,
  waitingProperties,
} from "../../../lib/engine/broker/headers.ts";
import { again, fail, failure, NOW, PUBLISHED } from "../../fixtures/event_copies.ts";

const requeue = (properties: EventProperties, now = NOW) => requeueProperties({ properties }, now);

Deno.test("requeueProperties restores a failed event as its publisher sent it, and says when", () => {
  const headers = { tenant: "a", timestamp_in_ms: 5 };
  const requeued = requeue(fail(again({ ...PUBLISHED, headers })));
  const put = { "x-pq-retried": 1, "x-pq-retried-at": NOW };
  const failedAt = { "x-pq-first-failed-at": new Date(NOW).toISOString() };
  assert.deepEqual(requeued, { ...PUBLISHED, headers: { ...headers, ...failedAt, ...put } });
});

Deno.test("an event keeps when it first failed, and counts how often it was put back, and by whom", () => {
  const later = (properties: EventProperties) => fail(properties, failure, NOW + 5000);
  const again = requeueProperties({ properties: fail({}) }, NOW, "ada");
  const twice = requeueProperties({ properties: later(again) }, NOW + 9000, "bob");
  assert.deepEqual(later(twice).headers?.["x-pq-first-failed-at"], new Date(NOW).toISOString());
  assert.deepEqual(
    [twice.headers?.["x-pq-retried"], twice.headers?.["x-pq-retried-by"]],
    [2, "bob"],
  );
  // Those that an older version has put back say no number.
  assert.equal(timesRetried({ headers: { "x-pq-retried-at": NOW } }), 1);
  assert.equal(timesRetried({}), 0);
});

const COPIES: readonly [title: string, copy: (properties: EventProperties) => EventProperties][] = [
  ["a retry copy", again],
  ["a copy that waits on", (properties) => waitingProperties(properties, { notBefore: 1 })],
  ["a copy at the end of its queue", republishProperties],
  ["a dead letter", fail],
];

for (const [title, copy] of COPIES) {
  Deno.test(`${title} keeps when its event was put back, and its attempts count from 1 again`, () => {
    const requeued = requeue(fail(again({})));
    assert.deepEqual(readState(requeued), {
      attempts: 0,
      crashes: 0,
      notBefore: 0,
      publishedAt: NOW,
      retriedAt: NOW,
      firstFailedAt: 0,
    });
    assert.equal(readState(copy(again(requeue(fail({}), NOW + 7)))).firstFailedAt, NOW + 7);
    assert.equal(readState(copy(copy(requeued))).retriedAt, NOW);
    assert.equal(readState(requeue(copy(requeued), NOW + 1)).retriedAt, NOW + 1);
  });
}

Deno.test("requeueProperties leaves headers that the broker would act on under their other names", () => {
  const failed = fail({
    expiration: "60000",
    userId: "guest",
    headers: { CC: ["audit"], BCC: ["x"], "x-death": [{ queue: "elsewhere" }], tenant: "a" },
  });
  assert.deepEqual(requeue(failed), {
    headers: {
      "x-pq-first-failed-at": new Date(NOW).toISOString(),
      "x-pq-retried": 1,
      "x-pq-retried-at": NOW,
      tenant: "a",
      "x-original-expiration": "60000",
      "x-original-user_id": "guest",
      "x-original-CC": ["audit"],
      "x-original-BCC": ["x"],
      "x-original-x-death": [{ queue: "elsewhere" }],
    },
  });
});
