import assert from "node:assert/strict";
import { unknownHint } from "../../../lib/engine/host/unknown_queue.ts";

const KNOWN = {
  names: ["user_activity", "mine", "test"],
  shards: new Map([["mine", 4]]),
};

const EVENTS = "; `process-queue events` consumes it";

const HINTS: readonly [queue: string, hint: string][] = [
  ["notify_tornado", EVENTS],
  ["notify_tornado_port_9801", EVENTS],
  [
    "user_activity_shard1",
    "; user_activity has no shards here: set USER_ACTIVITY_SHARDS to their number, and run one by " +
    "--queue_name user_activity --worker_num 1",
  ],
  ["mine_shard5", "; mine has 4 shards: run one by --queue_name mine --worker_num 1 to 4"],
  ["user_activty", "; did you mean user_activity?"],
  ["other_shard1", ""],
  ["other", ""],
];

for (const [queue, hint] of HINTS) {
  Deno.test(`unknownHint says what to do about ${queue}`, () => {
    assert.equal(unknownHint(queue, KNOWN), hint);
  });
}
