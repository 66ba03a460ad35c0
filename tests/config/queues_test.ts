import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { queueKey } from "../../lib/config/queue_key.ts";
import { queueNameProblems, type QueueOverrides } from "../../lib/config/queues.ts";
import { sentence } from "../../lib/config/problem.ts";

const KNOWN = ["user_activity", "missedmessage_mobile_notifications", "test"];

function check(environment: Environment): string[] {
  return queueNameProblems(loadConfig(environment), KNOWN).map(sentence);
}

const NUMBERS: readonly [name: string, text: string, overrides: QueueOverrides][] = [
  ["PREFETCH", "500", { prefetch: 500 }],
  ["CONCURRENCY", "8", { concurrency: 8 }],
  ["RETRIES", "5, 60,300", { retries: [5, 60, 300] }],
  ["RETRIES", "", { retries: [] }],
  ["MAX_CONSUME_SECONDS", "5", { maxConsumeSeconds: 5 }],
  ["MAX_CONSUME_SECONDS", "none", { maxConsumeSeconds: null }],
  ["BATCH_SIZE", "50", { batchSize: 50 }],
  ["MAX_HEAP_MB", "512", { maxHeapMb: 512 }],
  ["CHECK", "90:300", { check: { warning: 90, critical: 300 } }],
  ["CONSUMERS", "3", { consumers: 3 }],
];

for (const [name, text, overrides] of NUMBERS) {
  Deno.test(`loadConfig reads PQ_<QUEUE>_${name}=${text}`, () => {
    const { queues } = loadConfig({ [`PQ_USER_ACTIVITY_${name}`]: text });
    assert.deepEqual([...queues], [["user_activity", overrides]]);
  });
}

Deno.test("loadConfig puts the settings of one queue together", () => {
  const { queues } = loadConfig({ PQ_TEST_PREFETCH: "1", PQ_TEST_CONCURRENCY: "2" });
  assert.deepEqual([...queues], [["test", { prefetch: 1, concurrency: 2 }]]);
});

const SHARDS: readonly [name: string, queue: string][] = [
  ["USER_ACTIVITY_SHARDS", "user_activity"],
  ["PQ_USER_ACTIVITY_SHARDS", "user_activity"],
  ["MOBILE_NOTIFICATIONS_SHARDS", "missedmessage_mobile_notifications"],
];

for (const [name, queue] of SHARDS) {
  Deno.test(`loadConfig reads ${name} as the shards of ${queue}`, () => {
    const { shards, queues } = loadConfig({ [name]: "4" });
    assert.deepEqual([...shards], [[queue, 4]]);
    assert.equal(queues.size, 0);
  });
}

Deno.test("loadConfig accepts two settings that say the same of a queue's shards", () => {
  const { shards } = loadConfig({ TEST_SHARDS: "2", PQ_TEST_SHARDS: "2" });
  assert.deepEqual([...shards], [["test", 2]]);
});

Deno.test("queueNameProblems accepts the names of queues", () => {
  assert.deepEqual(check({ PQ_USER_ACTIVITY_PREFETCH: "1", TEST_SHARDS: "2" }), []);
});

Deno.test("queueNameProblems reports a PQ_ setting of an unknown queue with the nearest one", () => {
  assert.deepEqual(check({ PQ_USER_ACTIVTY_PREFETCH: "1" }), [
    "PQ_USER_ACTIVTY_PREFETCH: no queue user_activty; did you mean user_activity?",
  ]);
});

Deno.test("queueNameProblems reports PQ_<QUEUE>_SHARDS of an unknown queue", () => {
  assert.deepEqual(check({ PQ_INVITES_SHARDS: "2" }), [
    "PQ_INVITES_SHARDS: no queue invites; the queues are user_activity, missedmessage_mobile_notifications, test. Those of your own workers need --workers-dir",
  ]);
});

Deno.test("queueNameProblems leaves _SHARDS of others alone, whatever they say", () => {
  assert.deepEqual(check({ ELASTICSEARCH_SHARDS: "many" }), []);
});

Deno.test("queueNameProblems reports a number of shards that is wrong", () => {
  assert.deepEqual(check({ USER_ACTIVITY_SHARDS: "many" }), [
    'USER_ACTIVITY_SHARDS: "many" is not valid; set it to a whole number from 1 to 1024',
  ]);
});

Deno.test("queueKey gives what a variable can say of a queue's name", () => {
  assert.equal(queueKey("My.Queue-2"), "my_queue_2");
});

Deno.test("queueNameProblems says that your own workers need --workers-dir where it is not given", () => {
  const problems = check({ PQ_MINE_PREFETCH: "1", WORKERS_DIR: "/mine" });
  assert.deepEqual(problems.map((text) => text.includes("--workers-dir")), [false]);
});
