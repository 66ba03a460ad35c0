import assert from "node:assert/strict";
import {
  judge,
  type JudgedState,
  type JudgeOptions,
  type QueueFacts,
} from "../../lib/operations/judge.ts";
import { demandsOn } from "../../lib/operations/thresholds.ts";
import { ago, idleFacts } from "./queue_facts.ts";

const DEMANDS = { ...demandsOn("mails", new Map()), failedLimit: null };
const PAUSE = { by: "ada", at: "2026-01-04T10:00:00.000Z", reason: "new template", until: null };
const ALARM = { reason: "low on memory", since: ago(90) };

type Row = readonly [
  facts: Partial<QueueFacts>,
  state: JudgedState,
  status: 0 | 1 | 2 | 3,
  reason: string | RegExp,
  options?: Partial<JudgeOptions>,
];

const ROWS: Readonly<Record<string, Row>> = {
  "nothing is the matter": [{}, "ok", 0, ""],
  "the broker is unavailable": [{ problem: "no answer" }, "unknown", 3, "no answer"],
  "no consumer says how it runs": [
    { ready: 11, hasSource: false, processes: 0, progressAt: null, meanRunSeconds: null },
    "unknown",
    3,
    /^11 wait, and its consumer does not say how it runs: /,
  ],
  "few wait for a consumer elsewhere": [
    { ready: 10, hasSource: false, processes: 0, progressAt: null, meanRunSeconds: null },
    "ok",
    0,
    "",
  ],
  "the broker has an alarm": [
    { blocked: ALARM },
    "blocked",
    2,
    "the broker takes no publishes: low on memory, for 1m30s",
  ],
  "an alarm of unknown age": [
    { blocked: { ...ALARM, since: null } },
    "blocked",
    2,
    "the broker takes no publishes: low on memory",
  ],
  "paused for long": [
    { pause: PAUSE, ready: 9001, consumers: 0 },
    "paused",
    1,
    "by ada 2h ago: new template",
  ],
  "paused for an hour at most": [
    {
      pause: {
        by: "ada",
        at: "2026-01-04T11:30:00Z",
        reason: null,
        until: "2026-01-04T18:00:00.000Z",
      },
    },
    "paused",
    0,
    "by ada 30m ago, until 2026-01-04 18:00Z",
  ],
  "parked in all processes": [
    { processes: 2, parked: 2, lastError: "Error: no", consumers: 0, ready: 5 },
    "parked",
    2,
    "its worker failed too often: Error: no",
  ],
  "parked in one of two": [{ processes: 2, parked: 1 }, "ok", 0, ""],
  "stuck with an event": [
    { ready: 11, progressAt: ago(181), oldestRun: { id: "7c1f", seconds: 200 } },
    "stuck",
    2,
    "nothing finished for 3m1s, 11 wait; 7c1f runs for 3m20s",
  ],
  "stuck with none": [
    { ready: 11, progressAt: ago(181) },
    "stuck",
    2,
    "nothing finished for 3m1s, 11 wait; nothing runs",
  ],
  "no progress for 180 s": [{ ready: 11, progressAt: ago(180) }, "ok", 0, ""],
  "no progress, and 10 wait": [{ ready: 10, progressAt: ago(9999) }, "ok", 0, ""],
  "nobody consumes": [
    { ready: 1, consumers: 0, processes: 0 },
    "no consumer",
    2,
    "1 waits and nobody consumes",
  ],
  "nobody ever consumed, and under 10 wait": [
    { ready: 9, consumers: 0, processes: 0, wasConsumed: false },
    "no consumer",
    1,
    "9 wait and nobody consumes",
  ],
  "nobody ever consumed, and 10 wait": [
    { ready: 10, consumers: 0, processes: 0, wasConsumed: false },
    "no consumer",
    2,
    "10 wait and nobody consumes",
  ],
  "nobody consumes and nothing waits": [{ consumers: 0, processes: 0 }, "ok", 0, ""],
  "consumers are not known": [{ ready: 5, consumers: null, processes: 0 }, "ok", 0, ""],
  "too few consumers": [
    {},
    "too few",
    2,
    "has 1 of the 2 consumers that it needs",
    { consumers: 2 },
  ],
  "enough consumers": [{ consumers: 2 }, "ok", 0, "", { consumers: 2 }],
  "behind": [
    { ready: 301, trend: "grows" },
    "behind",
    1,
    "clearing takes 30s (limit 30s), and it grows",
  ],
  "at the limit": [{ ready: 300 }, "ok", 0, ""],
  "far behind": [
    { ready: 1000, trend: "shrinks" },
    "behind",
    2,
    "clearing takes 1m40s (limit 1m), and it shrinks",
  ],
  "behind with a limit of its own": [
    { ready: 1000 },
    "ok",
    0,
    "",
    { thresholds: { warning: 100, critical: 200 } },
  ],
  "run times are not known": [{ ready: 10_000, meanRunSeconds: null }, "ok", 0, ""],
  "runs fail": [
    { recentFailures: 6, retrying: 1, commonError: "SMTPError: 451" },
    "failing",
    1,
    "6 of the last 100 runs failed: SMTPError: 451",
  ],
  "5 % fail": [{ recentFailures: 5, retrying: 1 }, "ok", 0, ""],
  "too few runs for a share": [
    { recentRuns: 19, recentFailures: 19, retrying: 1 },
    "ok",
    0,
    "",
  ],
  "runs failed, and nobody knows what is left": [
    { recentFailures: 6, retrying: null },
    "failing",
    1,
    "6 of the last 100 runs failed",
  ],
  "runs failed, and nothing is left of it": [{ recentFailures: 100 }, "ok", 0, ""],
  "the new dead letters were dropped or put back": [
    { failedAt: ago(5), failed: 0, recentFailures: 100 },
    "ok",
    0,
    "",
  ],
  "the new dead letters were put back, and retries go on": [
    { failedAt: ago(5), failed: 0, retrying: 3 },
    "ok",
    0,
    "",
  ],
  "the new dead letters are being repaired": [
    { failedAt: ago(5), failed: null },
    "failing",
    1,
    "the last dead letter came 5s ago",
  ],
  "a new dead letter": [
    { failedAt: ago(600), failed: 1, commonError: "Error: often", lastError: "Fail: now" },
    "failing",
    1,
    "the last dead letter came 10m ago: Fail: now",
  ],
  "old dead letters": [
    { failedAt: ago(601), failed: 1204 },
    "old failures",
    0,
    "1,204 dead letters, none of them new",
  ],
  "too many old dead letters": [
    { failed: 5 },
    "old failures",
    1,
    "5 dead letters, none of them new",
    { failedLimit: 5 },
  ],
  "dead letters are not known": [{ failed: null }, "ok", 0, "", { failedLimit: 1 }],
};

for (const [name, [facts, state, status, reason, options]] of Object.entries(ROWS)) {
  Deno.test(`judge: ${name}`, () => {
    const judged = judge(idleFacts(facts), { ...DEMANDS, ...options });
    assert.deepEqual([judged.state, judged.status], [state, status]);
    if (typeof reason === "string") assert.equal(judged.reason, reason);
    else assert.match(judged.reason, reason);
    const needsAdvice = !["ok", "unknown"].includes(state);
    assert.equal(judged.advice !== "" || !needsAdvice, true, "no advice");
  });
}

Deno.test("of two states the first of the table is said", () => {
  const facts = idleFacts({ ready: 9001, consumers: 0, progressAt: ago(900), recentFailures: 50 });
  assert.equal(judge({ ...facts, processes: 0 }, DEMANDS).state, "no consumer");
  assert.equal(judge({ ...facts, pause: PAUSE }, DEMANDS).state, "paused");
  assert.equal(judge({ ...facts, pause: PAUSE, blocked: ALARM }, DEMANDS).state, "blocked");
  assert.equal(judge({ ...facts, blocked: ALARM, problem: "no answer" }, DEMANDS).state, "unknown");
});

Deno.test("named queues have Zulip's limits, shards their queue's, and settings replace them", () => {
  const settings = new Map([
    ["email_senders", { check: { warning: 5, critical: 6 }, consumers: 3 }],
  ]);
  const limits = (queue: string) => {
    const { thresholds: { warning, critical }, consumers } = demandsOn(queue, settings);
    return [warning, critical, consumers];
  };
  assert.deepEqual(limits("mails"), [30, 60, null]);
  assert.deepEqual(limits("deferred_work"), [600, 900, null]);
  assert.deepEqual(limits("digest_emails"), [1200, 1800, null]);
  assert.deepEqual(limits("missedmessage_mobile_notifications_shard3"), [120, 180, null]);
  assert.deepEqual(limits("embed_links"), [60, 90, null]);
  assert.deepEqual(limits("deferred_email_senders"), [3600, 4500, null]);
  assert.deepEqual(limits("email_senders"), [5, 6, 3]);
  assert.deepEqual(limits("email_senders_shard1"), [5, 6, 3]);
});
