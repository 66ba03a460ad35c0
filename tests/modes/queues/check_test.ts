import assert from "node:assert/strict";
import { checkLines, worst } from "../../../lib/modes/queues/check.ts";
import { queuesLines } from "../../../lib/modes/queues/queues.ts";
import { noLook, type QueueLook } from "../../../lib/operations/broker_look.ts";
import type { Status } from "../../../lib/operations/judge.ts";
import { type QueueReport, reportOn } from "../../../lib/operations/queue_report.ts";
import { demandsOn } from "../../../lib/operations/thresholds.ts";

const NOW = Date.parse("2026-01-04T12:00:00Z");
const SETTINGS = { queues: new Map() };

/** A report on a queue that Zulip's own worker runs, which writes a file of statistics. */
function report(
  queue: string,
  look: Partial<QueueLook>,
  statistics: { age: number; mean: number | null } | null,
): QueueReport {
  const seen = { ...noLook(""), problem: null, exists: true, failed: 0, retrying: 0, ...look };
  return reportOn({
    queue,
    look: { ...seen, consumers: look.consumers ?? 1 },
    processes: [],
    pause: null,
    statistics: statistics &&
      { updatedAt: NOW - statistics.age * 1000, meanRunSeconds: statistics.mean },
    trend: null,
    now: NOW,
  }, { ...demandsOn(queue, SETTINGS.queues), failedLimit: null });
}

type Row = readonly [
  queue: string,
  ready: number,
  statistics: { age: number; mean: number | null } | null,
  zulips: Status,
  ours: Status,
];

/** The inputs of Zulip's own test of check-rabbitmq-queue, and those at its limits. */
const ROWS: Readonly<Record<string, Row>> = {
  "stale, and 100 wait": ["name", 100, { age: 200, mean: 1 }, 2, 2],
  "stale, and 10 wait": ["name", 10, { age: 200, mean: 1 }, 0, 0],
  "no average": ["name", 10_000, { age: 0, mean: null }, 0, 0],
  "10000 of 1 s": ["name", 10_000, { age: 0, mean: 1 }, 2, 2],
  "10000 of 0.1 ms": ["name", 10_000, { age: 0, mean: 0.0001 }, 0, 0],
  "over the warning": ["name", 31, { age: 0, mean: 1 }, 1, 1],
  "at the warning": ["name", 30, { age: 0, mean: 1 }, 0, 0],
  "over the critical": ["name", 61, { age: 0, mean: 1 }, 2, 2],
  "digests have more time": ["digest_emails", 1200, { age: 0, mean: 1 }, 0, 0],
  "digests over the warning": ["digest_emails", 1201, { age: 0, mean: 1 }, 1, 1],
  "no statistics, and 100 wait": ["name", 100, null, 3, 3],
  // The differences, as docs/operating.md lists them.
  "no statistics, and few wait": ["name", 10, null, 3, 0],
  "a shard has its queue's limits": ["digest_emails_shard1", 1200, { age: 0, mean: 1 }, 2, 0],
};

for (const [name, [queue, ready, statistics, zulips, ours]] of Object.entries(ROWS)) {
  const difference = zulips === ours ? "as Zulip does" : `where Zulip says ${zulips}`;
  Deno.test(`check says ${ours} ${difference}: ${name}`, () => {
    assert.equal(report(queue, { ready }, statistics).status, ours);
  });
}

Deno.test("a queue without consumer is critical, which Zulip's script does not look at", () => {
  assert.equal(report("name", { ready: 20, consumers: 0 }, null).status, 2);
  assert.equal(report("name", { ready: 9, consumers: 0 }, null).status, 1);
});

Deno.test("check has a line with numbers and a line a queue, the worst first", () => {
  const fine = report("a", { ready: 1 }, { age: 0, mean: 1 });
  const late = report("b|'c", { ready: 100 }, { age: 0, mean: 1 });
  assert.deepEqual(checkLines([fine, late], 1, SETTINGS), [
    "QUEUES CRITICAL - b/`c: behind: clearing takes 1m40s (limit 1m) | " +
    "'b/`c_ready'=100;;;0 'b/`c_clear'=100s;30;60;0",
    "CRITICAL b/`c: behind: clearing takes 1m40s (limit 1m), 100 ready, 0 failed, 1 consumers",
    "OK a: ok, 1 ready, 0 failed, 1 consumers",
  ]);
  assert.equal(checkLines([fine], 0, SETTINGS)[0], "QUEUES OK - 1 queues normal");
});

Deno.test("critical is worse than unknown, and that worse than a warning", () => {
  const fine = report("a", {}, null);
  const of = (...statuses: Status[]) => worst(statuses.map((status) => ({ ...fine, status })));
  assert.deepEqual([of(), of(0, 1), of(1, 3, 0), of(3, 2, 1)], [0, 1, 3, 2]);
});

Deno.test("queues shows what is wrong, and dead letters that are being repaired", () => {
  const late = report("b", { ready: 4120, failed: null, isBeingRepaired: true }, {
    age: 0,
    mean: 1,
  });
  const fine = report("a", {}, { age: 0, mean: 1 });
  const lines = queuesLines({ reports: [late, fine], processes: [], silent: 0 }, false, 100);
  assert.deepEqual(lines.map((line) => line.replaceAll(/ +/g, " ")), [
    "QUEUE READY RETRY FAILED CONS WAIT99 OLDEST STATE",
    "b 4,120 0 being repaired 1 ? ? behind",
    " clearing takes 1h8m (limit 1m); start another worker, or look at why runs take long",
    "2 queues: 1 behind, 1 ok. 0 processes on this host",
  ]);
});
