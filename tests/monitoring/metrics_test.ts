import assert from "node:assert/strict";
import { QueueMeasures } from "../../lib/monitoring/measures.ts";
import { type MetricsFacts, metricsText } from "../../lib/monitoring/metrics.ts";
import { MetricsText } from "../../lib/monitoring/metrics_text.ts";
import { promtool, promtoolTest } from "../fixtures/promtool.ts";
import { exampleSnapshot } from "../fixtures/server/fake_control.ts";
import { failed, settled } from "../fixtures/settled.ts";

function facts(names: readonly string[] = ["mails"], mostQueues = 200): MetricsFacts {
  const snapshot = exampleSnapshot();
  const measures = names.map((name) => {
    const one = new QueueMeasures(0, () => 5000);
    one.report(settled({ queue: name, waitMs: 40, runMs: 3 }));
    one.report(failed("user ada is unknown", { queue: name }));
    return [name, one] as const;
  });
  const [queue] = snapshot.queues;
  const queues = names.flatMap((name) => queue ? [{ ...queue, queue: name }] : []);
  const process = { revision: "abc", deno: "2.9.6", cpuSeconds: 1.5, openFiles: 20 };
  const sample = { ready: 12, retrying: 3, failed: 1, consumers: 1, oldestSeconds: null, at: 5000 };
  const samples = new Map([["mails", sample]]);
  const all = new Map(measures);
  return { snapshot: { ...snapshot, queues }, measures: all, samples, mostQueues, process };
}

function lines(text: string, start: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(start));
}

Deno.test("metrics count events, failures and threads of each queue, and exist from the start", () => {
  const text = metricsText(facts(), "prometheus");
  assert.deepEqual(lines(text, "process_queue_events_total"), [
    'process_queue_events_total{queue="mails",outcome="processed"} 1',
    'process_queue_events_total{queue="mails",outcome="discarded"} 0',
    'process_queue_events_total{queue="mails",outcome="retried"} 0',
    'process_queue_events_total{queue="mails",outcome="failed"} 1',
    'process_queue_events_total{queue="mails",outcome="released"} 0',
  ]);
  assert(text.includes('process_queue_failures_total{queue="mails",reason="error"} 1\n'));
  assert(text.includes('process_queue_event_wait_seconds_bucket{queue="mails",le="0.025"} 0\n'));
  assert(text.includes('process_queue_event_wait_seconds_bucket{queue="mails",le="0.1"} 2\n'));
  assert(text.includes('process_queue_event_wait_seconds_bucket{queue="mails",le="+Inf"} 2\n'));
  assert(text.includes('process_queue_state{queue="mails",state="consuming"} 1\n'));
  assert(text.includes('process_queue_thread_starts_total{queue="mails",cause="crashed"} 0\n'));
  assert(text.includes("process_queue_broker_up 1\n"));
  assert(text.endsWith("\n"));
});

Deno.test("gauges of the broker exist for the queues that were looked at", () => {
  const text = metricsText(facts(["mails", "pushes"]), "prometheus");
  assert.deepEqual(lines(text, "process_queue_broker_ready"), [
    'process_queue_broker_ready_events{queue="mails"} 12',
  ]);
  assert.deepEqual(lines(text, "process_queue_broker_sample"), [
    'process_queue_broker_sample_timestamp_seconds{queue="mails"} 5',
  ]);
  assert.deepEqual(lines(text, "process_queue_broker_oldest"), []);
});

Deno.test("labels never hold an id, an error or the host", () => {
  const text = metricsText(facts(), "prometheus");
  for (const secret of ["ada", "an-id", "an-event", "TypeError", "app1", "4711"]) {
    assert(!text.includes(secret), secret);
  }
});

Deno.test("beyond the most, queues share their series, whose counts are sums", () => {
  const names = ["a", "b", "c", "d"];
  const text = metricsText(facts(names, 2), "prometheus");
  assert.deepEqual(
    lines(text, "process_queue_events_total").filter((line) => line.includes("processed")),
    [
      'process_queue_events_total{queue="a",outcome="processed"} 1',
      'process_queue_events_total{queue="b",outcome="processed"} 1',
      'process_queue_events_total{queue="other",outcome="processed"} 2',
    ],
  );
  assert(text.includes('process_queue_event_run_seconds_count{queue="other"} 4\n'));
  assert(text.includes('process_queue_state{queue="other",state="consuming"} 2\n'));
});

Deno.test("a queue has about 70 series", () => {
  const [one, two] = [["a"], ["a", "b"]].map((names) => {
    return metricsText(facts(names), "prometheus").split("\n").filter((line) => /^[^#]/.test(line))
      .length;
  });
  assert((two ?? 0) - (one ?? 0) <= 80, `${two} - ${one}`);
});

Deno.test("values that are not known are left out, and label values are escaped", () => {
  const text = new MetricsText("prometheus");
  text.gauge("a_gauge", "Help with \\ and\nlines", [
    [{ queue: 'a"b\\c\nd' }, 1],
    [{ queue: "unknown" }, null],
  ]);
  assert.equal(
    text.toString(),
    "# HELP a_gauge Help with \\\\ and\\nlines\n# TYPE a_gauge gauge\n" +
      'a_gauge{queue="a\\"b\\\\c\\nd"} 1\n',
  );
});

Deno.test("OpenMetrics names counters without their suffix, and ends with a mark", () => {
  const text = metricsText(facts(), "openmetrics");
  assert(text.includes("# TYPE process_queue_events counter\n"));
  assert(text.includes('process_queue_events_total{queue="mails",outcome="processed"} 1\n'));
  assert(text.includes('le="1.0"'));
  assert(text.endsWith("\n# EOF\n"));
});

promtoolTest("promtool finds nothing wrong with the metrics", async () => {
  const { code, output } = await promtool(["check", "metrics"], metricsText(facts(), "prometheus"));
  assert.equal(output, "");
  assert.equal(code, 0);
});
