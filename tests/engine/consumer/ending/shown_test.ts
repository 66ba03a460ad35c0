/**
 * What the consumer reports and stores of events whose worker has secrets.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Entry } from "../../../../lib/engine/consumer/entry.ts";
import {
  type Executor,
  type ExecutorListener,
  notRun,
} from "../../../../lib/engine/executor/executor.ts";
import { describe } from "../../../../lib/engine/host/describe.ts";
import type { Worker } from "../../../../lib/worker.ts";
import { COMMON } from "../../../fixtures/executor.ts";
import { consuming, FAILED, holding, QUEUE } from "../../../fixtures/consumer.ts";

const SECRET = "ada@example.com";

const BODIES: readonly [title: string, body: string, reported: string, error: string][] = [
  [
    "that fails",
    JSON.stringify({ id: "a", to: SECRET }),
    '{"id":"a","to":"***"}',
    "no *** for a",
  ],
  [
    "that is invalid",
    JSON.stringify({ to: SECRET }),
    '"[24 bytes]"',
    "The body does not fit the worker's schema: id: missing (24 bytes)",
  ],
  ["that is not JSON", SECRET, '"[15 bytes]"', "The body is not JSON (15 bytes)"],
];

for (const [title, body, reported, message] of BODIES) {
  Deno.test(`an event ${title} is reported and dead-lettered without its secrets`, async () => {
    await using broker = await holding();
    await broker.publish(QUEUE, body);
    await using run = await consuming({
      broker,
      worker: {
        retries: [],
        secrets: ["to"],
        consume({ id, to }) {
          throw new Error(`no ${to} for ${id}`);
        },
      },
    });
    await run.count(1);
    const [settled] = run.settled;
    assert.deepEqual([settled?.body, settled?.error?.message], [reported, message]);
    const [letter] = await broker.peek(FAILED, 1);
    assert.equal(new TextDecoder().decode(letter?.body), body, "the dead letter is the event");
    assert.equal(letter?.properties.headers?.["x-pq-error-message"], message);
    assert(!JSON.stringify(letter?.properties).includes(SECRET));
  });
}

/** An executor in which each event ends its thread with an error that quotes a secret. */
function crashing(listener: ExecutorListener<Entry>): Executor<Entry> {
  const worker = { ...COMMON, retries: [], secrets: ["to"], consume() {} };
  const error = { name: "ThreadEnded", message: `no ${SECRET}` };
  const outcome = { kind: "crashed", reason: "crashed", attempt: 1, error } as const;
  return {
    description: describe(worker as unknown as Worker),
    run: (jobs) => jobs.forEach((job) => listener.onOutcome(job, outcome, notRun(0))),
    running: () => [],
    recall() {},
    sweep() {},
    stop: () => Promise.resolve(),
  };
}

Deno.test("an event that ended its thread is dead-lettered without its secrets", async () => {
  await using broker = await holding();
  await broker.publish(QUEUE, JSON.stringify({ id: "a", to: SECRET }));
  await using run = await consuming({ broker, worker: { consume() {} }, createExecutor: crashing });
  await run.count(1);
  const [letter] = await broker.peek(FAILED, 1);
  assert.equal(letter?.properties.headers?.["x-pq-error-message"], "no ***");
});

Deno.test("an event that no worker could take is reported by its length", async () => {
  await using broker = await holding();
  await broker.publish(QUEUE, new Uint8Array([0xff, 0x61, 0x64, 0x61]));
  const worker = { secrets: ["to"], consume() {} };
  await using run = await consuming({ broker, worker });
  await run.count(1);
  assert.equal(run.settled[0]?.body, '"[4 bytes]"');
});
