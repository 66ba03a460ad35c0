import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { selectQueues } from "../../lib/modes/run/selection.ts";

/** The queues of Zulip's supervisor where all run in one process. */
const ZULIPS = [
  ...["deferred_email_senders", "deferred_work", "digest_emails", "email_mirror", "email_senders"],
  ...["embed_links", "embedded_bots", "missedmessage_emails"],
  ...["missedmessage_mobile_notifications", "outgoing_webhooks", "thumbnail", "user_activity"],
  "user_activity_interval",
];

/** Selects queues by `--multi_threaded`. */
function select(queues: readonly string[], skipUnknown: boolean, environment: Environment = {}) {
  const skipped: [level: string, message: string][] = [];
  const selected = selectQueues(
    { kind: "several", queues, skipUnknown },
    loadConfig(environment),
    (...line) => skipped.push(line),
  );
  return { queues: selected.map(({ queue }) => queue), skipped };
}

Deno.test("selectQueues runs all queues of Zulip's supervisor", () => {
  assert.deepEqual(select(ZULIPS, true), { queues: ZULIPS, skipped: [] });
});

Deno.test("selectQueues skips what may be mistyped with a warning for each", () => {
  const { queues, skipped } = select(["noop", "tset", "test_shard1", "tset"], true);
  assert.deepEqual(queues, ["noop"]);
  assert.deepEqual(skipped, [
    ["warning", "Skipped: there is no queue tset; did you mean test?"],
    [
      "warning",
      "Skipped: there is no queue test_shard1; test has no shards here: set TEST_SHARDS to their " +
      "number, and run one by --queue_name test --worker_num 1",
    ],
  ]);
});

Deno.test("--all leaves out the queues of --except, with their shards, and knows their names", () => {
  const config = loadConfig({ USER_ACTIVITY_SHARDS: "2" });
  const all = (...except: string[]) =>
    selectQueues({ kind: "all", except }, config, () => {}).map(({ queue }) => queue);
  const some = ["user_activity_shard1", "user_activity_shard2", "embed_links"];
  assert.deepEqual(some.filter((queue) => all().includes(queue)), some);
  const left = new Set(all("user_activity", "noop"));
  assert.deepEqual(some.filter((queue) => left.has(queue)), ["embed_links"]);
  assert.equal(all().length - left.size, 3);
  assert.throws(() => all("embed_link"), {
    name: "UsageError",
    message: /^there is no queue embed_link; did you mean embed_links\?\n/,
  });
});

Deno.test("selectQueues skips nothing where every queue is known", () => {
  const environment = { USER_ACTIVITY_SHARDS: "2" };
  assert.deepEqual(select(["user_activity_shard2", "user_activity", "noop"], true, environment), {
    queues: ["user_activity_shard2", "user_activity_shard1", "noop"],
    skipped: [],
  });
});

Deno.test("selectQueues refuses an unknown queue that is not to be skipped, and names the option", () => {
  assert.throws(() => select(["noop", "notify_tornado", "nope"], false), {
    name: "UsageError",
    message:
      /^there is no queue notify_tornado; .*consumes it\n[^]*\n--skip-unknown runs the other queues$/,
  });
});

Deno.test("selectQueues refuses to skip all", () => {
  assert.throws(() => select(["notify_tornado", "nope"], false), {
    name: "UsageError",
    message: /^there is no queue notify_tornado; [^]*\(or WORKERS_DIR\)$/,
  });
  assert.throws(() => select(["notify_tornado", "nope"], true), {
    name: "UsageError",
    message:
      /^no queue is left to run: --skip-unknown skips all that are named \(notify_tornado, nope\)\nqueues: [^]*\(or WORKERS_DIR\)$/,
  });
});
