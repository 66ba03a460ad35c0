import assert from "node:assert/strict";
import { checkLines, worst } from "../../../lib/modes/queues/check.ts";
import { queuesLines } from "../../../lib/modes/queues/lines.ts";
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
  consumers?: number,
];

/** The inputs of Zulip's own test of check-rabbitmq-queue, those at its limits, and differences. */
const ROWS: Readonly<Record<string, Row>> = {
  "stale, and 100 wait": ["name", 100, { age: 200, mean: 1 }, 2, 2],
  "stale, and 10 wait": ["name", 10, { age: 200, mean: 1 }, 0, 0],
  "no average": ["name", 10_000, { age: 0, mean: null }, 0, 0],
  "10000 of 1 s": ["name", 10_000, { age: 0, mean: 1 }, 2, 2],
  "10000 of 0.1 ms": ["name", 10_000, { age: 0, mean: 0.0001 }, 0, 0],
  "over the warning": ["name", 31, { age: 0, mean: 1 }, 1, 1],
  "at the warning": ["name", 30, { age: 0, mean: 1 }, 0, 0],
  "over the critical": ["name", 61, { age: 0, mean: 1 }, 2, 2],
  "stale, and 11 wait": ["name", 11, { age: 181, mean: 1 }, 2, 2],
  "old by 180 s, and 30 wait": ["name", 30, { age: 180, mean: 1 }, 0, 0],
  "stale without average, and 100 wait": ["name", 100, { age: 200, mean: null }, 2, 2],
  "stale and empty": ["name", 0, { age: 99_999, mean: 1 }, 0, 0],
  "empty": ["name", 0, { age: 0, mean: 1 }, 0, 0],
  "10 of 100 s": ["name", 10, { age: 0, mean: 100 }, 2, 2],
  "at the critical": ["name", 60, { age: 0, mean: 1 }, 1, 1],
  "mails at the warning": ["email_senders", 90, { age: 0, mean: 1 }, 0, 0],
  "mails over the warning": ["email_senders", 91, { age: 0, mean: 1 }, 1, 1],
  "mails over the critical": ["email_senders", 301, { age: 0, mean: 1 }, 2, 2],
  "pushes over the warning": ["missedmessage_mobile_notifications", 121, { age: 0, mean: 1 }, 1, 1],
  "pushes over the critical": [
    "missedmessage_mobile_notifications",
    181,
    { age: 0, mean: 1 },
    2,
    2,
  ],
  "links over the warning": ["embed_links", 61, { age: 0, mean: 1 }, 1, 1],
  "links over the critical": ["embed_links", 91, { age: 0, mean: 1 }, 2, 2],
  "deferred work over the warning": ["deferred_work", 601, { age: 0, mean: 1 }, 1, 1],
  "deferred work over the critical": ["deferred_work", 901, { age: 0, mean: 1 }, 2, 2],
  "deferred mails at the warning": ["deferred_email_senders", 3600, { age: 0, mean: 1 }, 0, 0],
  "deferred mails over the critical": ["deferred_email_senders", 4501, { age: 0, mean: 1 }, 2, 2],
  "digests have more time": ["digest_emails", 1200, { age: 0, mean: 1 }, 0, 0],
  "digests over the warning": ["digest_emails", 1201, { age: 0, mean: 1 }, 1, 1],
  "no statistics, and 100 wait": ["name", 100, null, 3, 3],
  // The differences, as docs/operating.md lists them.
  "no statistics, and few wait": ["name", 10, null, 3, 0],
  "no statistics, and nothing waits": ["name", 0, null, 3, 0],
  "a shard has its queue's limits": ["digest_emails_shard1", 1200, { age: 0, mean: 1 }, 2, 0],
  "nobody consumes, and 20 wait": ["name", 20, { age: 0, mean: 1 }, 0, 2, 0],
  "nobody consumes, and nothing waits": ["name", 0, { age: 0, mean: 1 }, 0, 0, 0],
};

Deno.test("check is compared with Zulip's script on over 25 inputs", () => {
  assert(Object.keys(ROWS).length > 25);
  for (const [name, [queue, ready, statistics, zulips]] of Object.entries(ROWS)) {
    assert.equal(zulipsVerdict(queue, ready, statistics), zulips, name);
  }
});

/** Seconds to clear of which Zulip's script warns, and which it calls critical. */
const ZULIPS_LIMITS: Readonly<Record<string, readonly [warning: number, critical: number]>> = {
  deferred_work: [600, 900],
  digest_emails: [1200, 1800],
  missedmessage_mobile_notifications: [120, 180],
  embed_links: [60, 90],
  email_senders: [90, 300],
  deferred_email_senders: [3600, 4500],
};

/** The rules of Zulip's script, in its order. */
function zulipsVerdict(queue: string, ready: number, statistics: Row[2]): Status {
  const [warning, critical] = ZULIPS_LIMITS[queue] ?? [30, 60];
  if (statistics === null) return 3;
  if (statistics.age > 180 && ready > 10) return 2;
  const seconds = ready * (statistics.mean ?? 0);
  if (seconds > critical) return 2;
  return seconds > warning ? 1 : 0;
}

for (
  const [name, [queue, ready, statistics, zulips, ours, consumers = 1]] of Object.entries(ROWS)
) {
  const difference = zulips === ours ? "as Zulip does" : `where Zulip says ${zulips}`;
  Deno.test(`check says ${ours} ${difference}: ${name}`, () => {
    assert.equal(report(queue, { ready, consumers }, statistics).status, ours);
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
    "CRITICAL b/`c: behind: clearing takes 1m40s (limit 1m), 100 ready, 0 failed, 1 consumer; " +
    "start another worker, or look at why runs take long",
    "OK a: ok, 1 ready, 0 failed, 1 consumer",
  ]);
  assert.equal(checkLines([fine], 0, SETTINGS)[0], "QUEUES OK - 1 queue normal");
});

Deno.test("critical is worse than unknown, and that worse than a warning", () => {
  const fine = report("a", {}, null);
  const of = (...statuses: Status[]) => worst(statuses.map((status) => ({ ...fine, status })));
  assert.deepEqual([of(0, 0), of(0, 1), of(1, 3, 0), of(3, 2, 1)], [0, 1, 3, 2]);
  assert.equal(of(), 3, "nothing is known without queues");
});

Deno.test("queues shows what is wrong, and dead letters that are being repaired", () => {
  const late = report("b", { ready: 4120, failed: null, isBeingRepaired: true }, {
    age: 0,
    mean: 1,
  });
  const fine = report("a", {}, { age: 0, mean: 1 });
  const broker = { kind: "rabbitmq", version: "3.10.8", up: true } as const;
  const found = { reports: [late, fine], processes: [], silent: 0, broker };
  const lines = queuesLines(found, false, 100);
  assert.deepEqual(lines.map((line) => line.replaceAll(/ +/g, " ")), [
    "QUEUE READY RETRY FAILED CONS RATE/s WAIT99 OLDEST STATE",
    "b 4,120 0 being repaired 1 ? ? ? behind",
    " clearing takes 1h8m (limit 1m); start another worker, or look at why runs take long",
    "2 queues: 1 behind, 1 ok. RabbitMQ 3.10.8, 0 processes on this host",
  ]);
  const narrow = queuesLines(found, false, 60);
  assert.equal(narrow.at(-1), "… stands for what is cut: queues --json has all of it");
});
