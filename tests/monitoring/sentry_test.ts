/** Reports to Sentry, as a local server receives them. */
import assert from "node:assert/strict";
import type { NoticeReport, SettledReport } from "../../lib/engine/report.ts";
import { openSentry, type SentryOptions } from "../../lib/monitoring/sentry.ts";
import { assertWithin } from "../fixtures/pace.ts";
import { FakeSentry, type Item } from "../fixtures/monitoring/fake_sentry.ts";

/** A test without sanitizers: the SDK does not clear the timer of its `close`. */
function sentryTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

function open(dsn: string, options: Partial<SentryOptions> = {}) {
  return openSentry({
    dsn,
    environment: "testing",
    version: "1.2.3",
    traceRate: 0,
    ...options,
  });
}

const PROCESSED: SettledReport = {
  kind: "settled",
  queue: "email_senders",
  id: "id-1",
  outcome: "processed",
  attempt: 1,
  waitMs: 12,
  runMs: 34,
  shareMs: 34,
  bytes: 300,
  inFlight: 0,
};

const FAILED: SettledReport = {
  ...PROCESSED,
  outcome: "failed",
  attempt: 4,
  reason: "error",
  error: {
    name: "SmtpError",
    message: "No route to the mail server",
    stack: "SmtpError: No route to the mail server\n    at send (file:///mail.ts:12:34)",
  },
  body: '{"to_emails":["a@example.com"],"password":"hunter2"}',
};

sentryTest("openSentry sends a failure with its queue, event, breadcrumb and stack", async () => {
  await using sentry = new FakeSentry();
  const { ofQueue, flush } = await open(sentry.dsn);
  ofQueue("email_senders", 2)(FAILED);
  await flush(2000);

  const [event] = sentry.items;
  assert.deepEqual(event.tags, {
    queue_worker: "email_senders",
    worker_num: "2",
    outcome: "failed",
    reason: "error",
  });
  assert.equal(event.release, "process-queue@1.2.3");
  assert.equal(event.environment, "testing");
  assert.equal(event.breadcrumbs[0].message, "Consuming email_senders");
  assert.equal(event.contexts.events.queue_name, "email_senders");
  assert.match(event.contexts.events.data, /a@example\.com/);
  const [exception] = event.exception.values;
  assert.equal(exception.type, "SmtpError");
  assert.equal(exception.value, "No route to the mail server");
  assert.equal(exception.stacktrace.frames[0].lineno, 12);
});

sentryTest("openSentry sends no secret of a failing event", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn);
  report(FAILED);
  report({ ...FAILED, queue: "other", body: "not json, but password=hunter2" });
  report({ ...FAILED, queue: "third", body: '{"token":"hunter2"' + " ".repeat(10_000) + "}" });
  await flush(2000);
  assert.equal(sentry.items.length, 3);
  assert.doesNotMatch(sentry.text.join(), /hunter2/);
});

sentryTest("openSentry groups the timeouts of a queue", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn);
  report({ ...FAILED, reason: "timeout" });
  await flush(2000);
  assert.deepEqual(sentry.items[0].fingerprint, ["worker-timeout", "email_senders"]);
});

sentryTest("openSentry keeps eight queues that fail at once apart", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn);
  const queues = Array.from({ length: 8 }, (_, i) => `queue_${i}`);
  for (const queue of queues) report({ ...FAILED, queue, body: JSON.stringify({ of: queue }) });
  await flush(2000);

  assert.deepEqual(sentry.items.map(({ tags }) => tags.queue_worker).sort(), queues);
  for (const { tags, contexts, breadcrumbs } of sentry.items) {
    const queue = tags.queue_worker;
    assert.equal(contexts.events.data, JSON.stringify({ of: queue }));
    assert.deepEqual(breadcrumbs.map(({ message }: Item) => message), [`Consuming ${queue}`]);
  }
});

sentryTest("openSentry tags each queue with the number of its own worker", async () => {
  await using sentry = new FakeSentry();
  const { report, ofQueue, flush } = await open(sentry.dsn, { traceRate: 1 });
  const notice: NoticeReport = { kind: "notice", level: "error", message: "It is gone" };
  report(notice);
  const first = ofQueue("emails_shard1", 1);
  const second = ofQueue("emails_shard2", 2);
  first({ ...FAILED, queue: "emails_shard1" });
  second({ ...FAILED, queue: "emails_shard2" });
  report({ ...notice, queue: "emails_shard2" });
  second({ ...PROCESSED, queue: "emails_shard2" });
  await flush(2000);
  const tagged = sentry.items.map(({ tags }) => [tags.queue_worker, tags.worker_num].join());
  assert.deepEqual(tagged.sort(), [
    ",",
    ...Array(2).fill("emails_shard1,1"),
    ...Array(4).fill("emails_shard2,2"),
  ]);
});

sentryTest("openSentry sends an error notice with its fingerprint, and no warning", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn);
  const notice: NoticeReport = {
    kind: "notice",
    level: "error",
    queue: "digest_emails",
    message: "Queue {queue} is parked for {seconds} s",
    properties: { seconds: 300 },
    fingerprint: ["parked"],
  };
  report({ ...notice, level: "warning" });
  report(notice);
  await flush(2000);
  assert.equal(sentry.items.length, 1);
  assert.equal(sentry.items[0].message, "Queue digest_emails is parked for 300 s");
  assert.deepEqual(sentry.items[0].fingerprint, ["parked"]);
  assert.equal(sentry.items[0].tags.queue_worker, "digest_emails");
});

sentryTest("openSentry captures the same error once a second, however often it comes", async () => {
  await using sentry = new FakeSentry();
  let now = 0;
  const { report, flush } = await open(sentry.dsn, { clock: () => now });
  for (let i = 0; i < 100; i++) report(FAILED);
  now = 1001;
  report(FAILED);
  await flush(2000);
  assert.equal(sentry.items.length, 2);
});

sentryTest("openSentry sends nothing for events that wait, are released or are done", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn);
  report(PROCESSED);
  report({ ...PROCESSED, outcome: "released" });
  report({ ...FAILED, outcome: "retried", reason: "retry-later" });
  await flush(2000);
  assert.deepEqual(sentry.items, []);
});

sentryTest(
  "openSentry traces all events at a rate of 1, as the queue view reads them",
  async () => {
    await using sentry = new FakeSentry();
    const { report, flush } = await open(sentry.dsn, { traceRate: { email_senders: 1 } });
    report(PROCESSED);
    report({ ...PROCESSED, id: "id-2", attempt: 3 });
    report({ ...PROCESSED, queue: "other" });
    await flush(2000);

    assert.equal(sentry.items.length, 2);
    const [first, second] = sentry.items;
    assert.notEqual(first.contexts.trace.trace_id, second.contexts.trace.trace_id);
    assert.equal(first.type, "transaction");
    assert.equal(first.tags.queue_worker, "email_senders");
    assert.equal(first.contexts.trace.op, "queue.process");
    const { data } = second.contexts.trace;
    assert.equal(data["messaging.message.id"], "id-2");
    assert.equal(data["messaging.destination.name"], "email_senders");
    assert.equal(data["messaging.message.retry.count"], 2);
    assert.equal(data["messaging.message.receive.latency"], 12);
    assert.equal(data["messaging.message.body.size"], 300);
    assert.ok(Math.abs(first.timestamp - first.start_timestamp - 0.034) < 0.001);
  },
);

sentryTest("openSentry draws the sample event by event", async () => {
  await using sentry = new FakeSentry();
  const { report, flush } = await open(sentry.dsn, { traceRate: 0.5 });
  for (let i = 0; i < 60; i++) report({ ...PROCESSED, id: `id-${i}` });
  await flush(2000);
  assert.ok(sentry.items.length > 5 && sentry.items.length < 55, String(sentry.items.length));
});

sentryTest("openSentry does not wait for a Sentry that hangs", async () => {
  const release = Promise.withResolvers<void>();
  await using sentry = new FakeSentry(() => release.promise.then(() => new Response("{}")));
  const { report, flush } = await open(sentry.dsn);
  const startedAt = performance.now();
  for (let i = 0; i < 200; i++) report({ ...FAILED, queue: `queue_${i}` });
  await flush(200);
  await assertWithin(performance.now() - startedAt, 5000, "200 reports");
  release.resolve();
});

sentryTest("openSentry ignores a Sentry that refuses", async () => {
  await using sentry = new FakeSentry(() => new Response("no", { status: 500 }));
  const { report, flush } = await open(sentry.dsn);
  report(FAILED);
  await flush(2000);
  assert.equal(sentry.text.length, 1);
});
