/**
 * One made-up night of Zulip's queues, for pictures and for tests of the pages: each state once.
 *
 * @module
 */

import type { History } from "../../lib/operations/dashboard/history.ts";
import type { DashboardView, ProcessRow, QueueRow } from "../../lib/operations/dashboard/view.ts";

/** The moment of the night. */
export const NIGHT = Date.parse("2026-11-29T03:12:08Z");
const POINTS = 180;

/** A moment so many seconds before. */
export function before(seconds: number): string {
  return new Date(NIGHT - seconds * 1000).toISOString();
}

const OK: QueueRow = {
  queue: "",
  parent: "",
  ready: 0,
  unacked: 0,
  retrying: 0,
  failed: 0,
  failed_is_being_repaired: false,
  consumers: 1,
  rate: 0,
  failure_rate: 0,
  wait_p50: 0.1,
  wait_p99: 0.2,
  run_p50: 0.1,
  run_p99: 0.4,
  oldest_seconds: null,
  oldest_is_estimate: false,
  clear_seconds: 0,
  status: 0,
  state: "ok",
  reason: "",
  advice: "",
  paused: null,
  processes: ["a1"],
  sources: ["broker", "processes"],
};

/** A queue that is ok, with what differs. */
export function queueRow(queue: string, more: Partial<QueueRow> = {}): QueueRow {
  return { ...OK, queue, parent: queue, ...more };
}

/** A process that runs, with what differs. */
export function processRow(id: string, more: Partial<ProcessRow> = {}): ProcessRow {
  return {
    id,
    host: "app1",
    pid: 4711,
    reachable: true,
    error: null,
    is_self: false,
    version: "0.4.0",
    mode: "all",
    state: "running",
    started_at: before(266_400),
    log_level: "info",
    rss_bytes: 212e6,
    zombie_threads: 0,
    broker_up: true,
    broker_blocked: null,
    http: null,
    queues: [],
    in_flight: 0,
    running: 0,
    oldest_running_seconds: null,
    rate: 0,
    ...more,
  };
}

const QUEUES: readonly QueueRow[] = [
  queueRow("deferred_work", {
    ready: 86,
    failed: 2,
    oldest_seconds: 846,
    status: 2,
    state: "stuck",
    wait_p99: null,
    wait_p50: null,
    reason: "nothing finished for 13m52s, 86 wait; 4be20c71a9f3 runs for 13m52s",
    advice: "process-queue restart deferred_work",
    unacked: 1,
  }),
  queueRow("thumbnail", {
    ready: 640,
    oldest_seconds: 1330,
    oldest_is_estimate: true,
    consumers: 0,
    status: 2,
    state: "parked",
    wait_p99: null,
    wait_p50: null,
    reason: 'its worker failed too often: TypeError: Cannot find module "./image.wasm"',
    advice: "it is tried again by itself; process-queue restart thumbnail",
  }),
  queueRow("soft_reactivation", {
    ready: 12,
    oldest_seconds: 400,
    oldest_is_estimate: true,
    consumers: 0,
    status: 2,
    state: "no consumer",
    wait_p99: null,
    wait_p50: null,
    processes: [],
    sources: ["broker"],
    reason: "12 wait and nobody consumes",
    advice: "start a worker: process-queue --queue_name soft_reactivation",
  }),
  ...[1, 2, 3, 4].map((shard) =>
    queueRow(`missedmessage_mobile_notifications_shard${shard}`, {
      parent: "missedmessage_mobile_notifications",
      ...(shard === 3
        ? {
          ready: 1860,
          retrying: 31,
          failed: 19,
          consumers: 0,
          oldest_seconds: 532,
          status: 2,
          state: "too few",
          reason: "has 0 of the 1 consumers that it needs",
          advice: "start the workers that are missing",
        }
        : { ready: 11, rate: 3.5, oldest_seconds: 0.4 }),
    })
  ),
  queueRow("email_senders", {
    ready: 4120,
    unacked: 100,
    retrying: 812,
    failed: 1204,
    rate: 3.1,
    failure_rate: 2.9,
    wait_p50: 164,
    wait_p99: 432,
    run_p50: 0.3,
    run_p99: 31.2,
    oldest_seconds: 450,
    clear_seconds: 1320,
    status: 2,
    state: "behind",
    reason: "clearing takes 22m (limit 5m), and it grows",
    advice: "start another worker, or look at why runs take long",
  }),
  queueRow("embed_links", {
    ready: 3,
    retrying: 41,
    failed: 418,
    rate: 5.8,
    failure_rate: 0.3,
    wait_p99: 0.9,
    oldest_seconds: 0.4,
    status: 1,
    state: "failing",
    reason: "7 of the last 100 runs failed: TimeoutError: no answer within 30s",
    advice: "process-queue failed list embed_links",
  }),
  queueRow("digest_emails", {
    ready: 9001,
    oldest_seconds: 7440,
    oldest_is_estimate: true,
    consumers: 0,
    status: 1,
    state: "paused",
    wait_p99: null,
    wait_p50: null,
    reason: "by ada 2h4m ago",
    advice: "process-queue resume digest_emails",
    paused: { by: "ada", at: before(7440), reason: "template fix", until: "2026-11-29T18:00:00Z" },
  }),
  queueRow("email_mirror", {
    failed: 6,
    rate: 0.2,
    wait_p99: 0.3,
    state: "old failures",
    reason: "6 dead letters, none of them new",
  }),
  queueRow("outgoing_webhooks", {
    ready: 5,
    retrying: 2,
    failed: 77,
    rate: 7,
    wait_p99: 0.6,
    oldest_seconds: 0.3,
    consumers: 2,
    state: "old failures",
    reason: "77 dead letters, none of them new",
  }),
  queueRow("deferred_email_senders", {
    ready: 214,
    retrying: 3,
    rate: 18.6,
    wait_p99: 12.4,
    oldest_seconds: 9.8,
  }),
  queueRow("embedded_bots", { rate: 0.4 }),
  queueRow("missedmessage_emails", { ready: 2, rate: 11.3, oldest_seconds: 0.1 }),
  queueRow("user_activity", { ready: 12, rate: 1240.3, oldest_seconds: 0.1, consumers: 2 }),
  queueRow("user_activity_interval", { ready: 1, rate: 310.9, wait_p99: 0.1, oldest_seconds: 0.1 }),
];

const PROCESSES: readonly ProcessRow[] = [
  processRow("a1", {
    queues: QUEUES.map(({ queue }) => queue),
    in_flight: 112,
    running: 13,
    rate: 1597.6,
    oldest_running_seconds: 41,
  }),
  processRow("a2", {
    pid: 4790,
    version: "0.3.9",
    state: "stopping",
    started_at: before(817_200),
    rss_bytes: 88e6,
    queues: ["deferred_work"],
    in_flight: 1,
    running: 1,
    oldest_running_seconds: 832,
  }),
  processRow("a3", { pid: 1204, state: "quiet", rss_bytes: 71e6, queues: ["email_mirror"] }),
  processRow("a4", {
    pid: 1180,
    rss_bytes: 164e6,
    log_level: "debug",
    queues: ["user_activity"],
    rate: 10.6,
  }),
  processRow("", {
    id: null,
    pid: 4800,
    host: null,
    reachable: false,
    error: "it did not answer in time",
    version: null,
    mode: null,
    state: null,
    started_at: null,
    log_level: null,
    rss_bytes: null,
    broker_up: null,
    rate: null,
  }),
];

/** What the page shows of that night. */
export function nightView(more: Partial<DashboardView> = {}): DashboardView {
  return {
    schema: 1,
    at: new Date(NIGHT).toISOString(),
    version: "0.4.0",
    scope: "host",
    host: "app1",
    broker: {
      kind: "rabbitmq",
      address: "mq1:5672",
      version: "4.1.3",
      up: true,
      since: before(1_051_200),
      blocked: null,
    },
    sampled_at: before(2),
    queues: QUEUES,
    processes: PROCESSES,
    tasks: [],
    ...more,
  };
}

/** 200 queues and 12 shards: 3 of them in trouble. */
export function hugeView(): DashboardView {
  const many = Array.from(
    { length: 200 },
    (_, index) =>
      queueRow(
        `queue_${String(index).padStart(3, "0")}`,
        index % 3 === 0 ? { ready: index, rate: index / 7 } : {},
      ),
  );
  const shards = Array.from(
    { length: 12 },
    (_, index) => queueRow(`notify_shard${index}`, { parent: "notify", rate: 90, ready: index }),
  );
  return nightView({ queues: [...QUEUES, ...many, ...shards] });
}

/** The last 30 minutes of each queue of a view. */
export function histories(view: DashboardView): Record<string, History> {
  return Object.fromEntries(
    view.queues.map((row, index) => [row.queue, historyOf(row, index + 1)]),
  );
}

function historyOf(row: QueueRow, seed: number): History {
  const isBad = row.status > 0;
  const line = (last: number | null, start: number) =>
    Array.from(
      { length: POINTS },
      (_, index) => pointAt(index / (POINTS - 1), last, start, seed + index),
    );
  const rate = row.rate ?? 0;
  return {
    ends_at: before(2),
    ready: line(row.ready, isBad ? 0 : row.ready ?? 0),
    failed: line(row.failed, row.failed ?? 0),
    rate: line(rate, isBad ? rate + 6 + seed : rate),
    wait_p50: line(row.wait_p50, 0.3),
    wait_p99: line(row.wait_p99, isBad ? 1 : row.wait_p99 ?? 0),
    run_p50: line(row.run_p50, 0.3),
    run_p99: line(row.run_p99, isBad ? 2 : row.run_p99 ?? 0),
  };
}

/** Near `start` until two thirds of the time, then on its way to `last`. */
function pointAt(share: number, last: number | null, start: number, seed: number): number | null {
  if (last === null) return null;
  const way = Math.max(0, (share - 0.65) / 0.35);
  const noise = share === 1 ? 0 : (((seed * 7919) % 97) / 97 - 0.5) * 0.16;
  return Math.max(0, (start + (last - start) * way) * (1 + noise));
}
