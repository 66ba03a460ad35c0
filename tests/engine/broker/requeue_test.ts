import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { EventProperties } from "../../../lib/engine/broker/broker.ts";
import { readState } from "../../../lib/engine/broker/event_state.ts";
import {
  republishProperties,
  requeueProperties,
  waitingProperties,
} from "../../../lib/engine/broker/headers.ts";
import { again, fail, NOW, PUBLISHED } from "../../fixtures/event_copies.ts";

const requeue = (properties: EventProperties, now = NOW) =>
  requeueProperties({ body: Buffer.from("{}"), properties }, now);

Deno.test("requeueProperties restores a failed event as its publisher sent it, and says when", () => {
  const headers = { tenant: "a", timestamp_in_ms: 5 };
  const requeued = requeue(fail(again({ ...PUBLISHED, headers })));
  assert.deepEqual(requeued, { ...PUBLISHED, headers: { ...headers, "x-pq-retried-at": NOW } });
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
      publishedAt: 0,
      retriedAt: NOW,
      firstFailedAt: 0,
    });
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
