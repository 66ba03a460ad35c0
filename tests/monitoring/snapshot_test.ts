import assert from "node:assert/strict";
import type { Running } from "../../lib/engine/executor/executor.ts";
import { QueueMeasures } from "../../lib/monitoring/measures.ts";
import {
  isoTime,
  type QueueFacts,
  queueSnapshot,
  withoutErrors,
} from "../../lib/monitoring/snapshot.ts";
import { exampleSnapshot } from "../fixtures/server/fake_control.ts";
import { failed, settled } from "../fixtures/settled.ts";

function running(id: string, since: number, alone = false): Running {
  const times = { publishedAt: 0, retriedAt: 0, receivedAt: 0 };
  return { job: { id, body: "{}", attempt: 2, alone, ...times }, since };
}

function facts(more: Partial<QueueFacts> = {}): QueueFacts {
  return {
    queue: "mails",
    workerNum: 1,
    state: "consuming",
    stateSince: 0,
    stateReason: null,
    paused: null,
    figures: { prefetch: undefined, inFlight: 0, running: () => [] },
    threads: undefined,
    measures: new QueueMeasures(0, () => 60_000),
    clock: 10_000,
    ...more,
  };
}

Deno.test("what is not known of a queue is null, and counts are 0", () => {
  const snapshot = queueSnapshot(facts());
  assert.deepEqual(snapshot, {
    queue: "mails",
    worker_num: 1,
    state: "consuming",
    state_since: "1970-01-01T00:00:00.000Z",
    state_reason: null,
    paused: null,
    prefetch: null,
    in_flight: 0,
    running: [],
    running_count: 0,
    processed: 0,
    discarded: 0,
    retried: 0,
    failed: 0,
    released: 0,
    restarts: 0,
    recent_runs: 0,
    recent_failures: 0,
    last_failed_at: null,
    last_progress_at: null,
    oldest_waiting_seconds: null,
    wait_seconds: { p50: null, p99: null },
    run_seconds: { p50: null, p99: null, mean50: null },
    heap_bytes: null,
    heap_limit_bytes: null,
    last_error: null,
    groups: [],
  });
});

Deno.test("a snapshot has the five events that have run longest, and the number of all", () => {
  const all = [3, 1, 4, 1.5, 9, 2].map((second) => running(`at ${second}`, second * 1000));
  const figures = { prefetch: 100, inFlight: 8, running: () => [...all, running("s", 0, true)] };
  const snapshot = queueSnapshot(facts({ figures }));
  assert.equal(snapshot.running_count, 7);
  assert.deepEqual(snapshot.running.map(({ id, age_seconds }) => [id, age_seconds]), [
    ["s", 10],
    ["at 1", 9],
    ["at 1.5", 8.5],
    ["at 2", 8],
    ["at 3", 7],
  ]);
  assert.deepEqual(snapshot.running[0], {
    id: "s",
    age_seconds: 10,
    attempt: 2,
    suspect: true,
  });
});

Deno.test("a snapshot has the 20 commonest causes of failures, and the last failure", () => {
  const measures = new QueueMeasures(0, () => 60_000);
  for (let n = 0; n < 30; n++) {
    const word = "x".repeat(n + 1);
    for (let m = 0; m <= n; m++) measures.report(failed(word, { id: `${n}.${m}` }));
  }
  measures.report(settled());
  const { groups, last_error, last_progress_at } = queueSnapshot(facts({ measures }));
  assert.equal(groups.length, 20);
  assert.deepEqual([groups[0]?.count, groups[19]?.count], [30, 11]);
  assert.equal(groups[0]?.sample, "29.29");
  assert.deepEqual(last_error, {
    at: "1970-01-01T00:01:00.000Z",
    reason: "error",
    name: "TypeError",
    message: "x".repeat(30),
    in_a_row: 0,
  });
  assert.equal(last_progress_at, isoTime(60_000));
});

Deno.test("heaps are bytes: MB that are used, MiB that are allowed", () => {
  const threads = { heapMb: 61, heapLimitMb: 256, zombies: 0 };
  const { heap_bytes, heap_limit_bytes } = queueSnapshot(facts({ threads }));
  assert.deepEqual([heap_bytes, heap_limit_bytes], [61_000_000, 268_435_456]);
});

Deno.test("without errors a snapshot has no text of an event, an error or a reason", () => {
  const example = exampleSnapshot();
  const paused = { by: "ada", at: isoTime(0), reason: "a secret reason", until: null };
  const queues = example.queues.map((queue) => ({
    ...queue,
    paused,
    state_reason: "a secret reason",
    running: [{ id: "a secret id", age_seconds: 1, attempt: 1, suspect: false }],
  }));
  const shown = withoutErrors({ ...example, queues });
  assert(!/secret|unknown/.test(JSON.stringify(shown)));
  assert.equal(shown.queues[0]?.failed, 1);
  assert.equal(shown.queues[0]?.running[0]?.age_seconds, 1);
});
