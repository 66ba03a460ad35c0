/**
 * The metrics of a process, made from its snapshot and the measures of its queues.
 *
 * @module
 */

import { addBrokerQueues, type BrokerSample } from "./broker_metrics.ts";
import { Buckets } from "./buckets.ts";
import {
  CAUSES,
  OUTCOMES,
  type QueueMeasures,
  REASONS,
  RUN_BOUNDS,
  WAIT_BOUNDS,
} from "./measures.ts";
import { type Labels, type MetricsFormat, MetricsText, type Sample } from "./metrics_text.ts";
import { type ProcessSnapshot, QUEUE_STATES, type QueueSnapshot } from "./snapshot.ts";

export type { BrokerSample, MetricsFormat };

/** What metrics are made of. */
export interface MetricsFacts {
  readonly snapshot: ProcessSnapshot;
  /** By the queue's name. */
  readonly measures: ReadonlyMap<string, QueueMeasures>;
  /** What the broker last said about queues, by name; none of a queue after a failed look. */
  readonly samples: ReadonlyMap<string, BrokerSample>;
  /** The most queues that have series of their own. */
  readonly mostQueues: number;
  /** What the system says of the process. */
  readonly process: {
    /** The commit that the program was built from; `""` where it is not known. */
    readonly revision: string;
    readonly deno: string;
    readonly cpuSeconds: number;
    readonly openFiles: number | null;
  };
}

/** A queue, or all those beyond the most that have series of their own. */
interface Series {
  readonly labels: Labels;
  readonly queues: readonly QueueSnapshot[];
  readonly measures: readonly QueueMeasures[];
}

/** The name that queues share beyond the most that have series of their own. */
const OTHER = "other";

/**
 * The metrics as text. Labels are queues and fixed words only: never an id, an error's text or a
 * user. All series exist from the start.
 */
export function metricsText(facts: MetricsFacts, format: MetricsFormat): string {
  const text = new MetricsText(format);
  const series = seriesOf(facts);
  addEvents(text, series);
  addTimes(text, series);
  addStates(text, series);
  addThreads(text, series);
  addBroker(text, facts);
  addBrokerQueues(text, facts);
  addProcess(text, facts);
  return text.toString();
}

function seriesOf({ snapshot, measures, mostQueues }: MetricsFacts): Series[] {
  const one = (name: string, queues: readonly QueueSnapshot[]): Series => ({
    labels: { queue: name },
    queues,
    measures: queues.map(({ queue }) => measures.get(queue)).filter((found) => !!found),
  });
  const { queues } = snapshot;
  const own = queues.slice(0, mostQueues).map((queue) => one(queue.queue, [queue]));
  return queues.length > mostQueues ? [...own, one(OTHER, queues.slice(mostQueues))] : own;
}

function addEvents(text: MetricsText, series: readonly Series[]): void {
  text.counter(
    "process_queue_events_total",
    "Runs of events by what became of them.",
    byLabel(series, "outcome", OUTCOMES, (measures, outcome) => measures.outcomes(outcome)),
  );
  text.counter(
    "process_queue_failures_total",
    "Failed runs by their reason.",
    byLabel(series, "reason", REASONS, (measures, reason) => measures.failures(reason)),
  );
  text.gauge(
    "process_queue_events_in_flight",
    "Events that were taken and are not settled.",
    summed(series, ({ in_flight }) => in_flight),
  );
  text.gauge(
    "process_queue_events_running",
    "Events whose handler runs.",
    summed(series, ({ running_count }) => running_count),
  );
}

function addTimes(text: MetricsText, series: readonly Series[]): void {
  const histogram = (bounds: readonly number[], of: (measures: QueueMeasures) => Buckets) =>
    series.map(({ labels, measures }) =>
      [labels, mergedBuckets(bounds, measures.map(of))] as const
    );
  text.histogram(
    "process_queue_event_wait_seconds",
    "Time from publishing to the start of a run, for events with a time of publishing.",
    histogram(WAIT_BOUNDS, ({ wait }) => wait),
  );
  text.histogram(
    "process_queue_event_run_seconds",
    "Time that handlers ran, in a batch divided by its size.",
    histogram(RUN_BOUNDS, ({ run }) => run),
  );
  text.gauge(
    "process_queue_oldest_running_seconds",
    "For how long the event has run that runs longest; 0 when none runs.",
    maximum(series, ({ running }) => running[0]?.age_seconds ?? 0),
  );
  text.gauge(
    "process_queue_last_progress_timestamp_seconds",
    "When an event was last settled, since 1970; missing before the first.",
    maximum(series, ({ last_progress_at }) => {
      return last_progress_at === null ? null : Date.parse(last_progress_at) / 1000;
    }),
  );
}

function addStates(text: MetricsText, series: readonly Series[]): void {
  text.gauge(
    "process_queue_state",
    "1 for the state of the queue in this process.",
    series.flatMap(({ labels, queues }) =>
      QUEUE_STATES.map((state): Sample => [
        { ...labels, state },
        queues.filter((queue) => queue.state === state).length,
      ])
    ),
  );
}

function addThreads(text: MetricsText, series: readonly Series[]): void {
  text.counter(
    "process_queue_thread_starts_total",
    "Threads that were started, by what ended the thread before.",
    byLabel(series, "cause", CAUSES, (measures, cause) => measures.threadStarts(cause)),
  );
  text.gauge(
    "process_queue_thread_heap_bytes",
    "Heap of the worker's thread.",
    summed(series, ({ heap_bytes }) => heap_bytes),
  );
  text.gauge(
    "process_queue_thread_heap_limit_bytes",
    "The most that the heap of the worker's thread may hold.",
    summed(series, ({ heap_limit_bytes }) => heap_limit_bytes),
  );
}

function addBroker(text: MetricsText, { snapshot, measures }: MetricsFacts): void {
  const { broker, zombie_threads } = snapshot;
  const all = [...measures.values()];
  const published = (result: "confirmed" | "failed"): Sample => [
    { result },
    all.reduce((sum, one) => sum + one.publishes(result), 0),
  ];
  text.gauge("process_queue_broker_up", "1 while the broker can be used.", [[{}, +broker.up]]);
  text.gauge(
    "process_queue_broker_blocked",
    "1 while the broker has an alarm and takes no publishes.",
    [[{}, +(broker.blocked !== null)]],
  );
  text.counter(
    "process_queue_broker_reconnects_total",
    "How often the connection was made again.",
    [[{}, broker.reconnects]],
  );
  text.counter(
    "process_queue_publishes_total",
    "Events that workers published, by whether the broker confirmed them.",
    [published("confirmed"), published("failed")],
  );
  text.gauge(
    "process_queue_zombie_threads",
    "Threads that could not be ended.",
    [[{}, zombie_threads]],
  );
}

function addProcess(text: MetricsText, { snapshot, process }: MetricsFacts): void {
  const { version, started_at, rss_bytes } = snapshot;
  const { revision, deno, cpuSeconds, openFiles } = process;
  text.gauge("process_queue_build_info", "1, with the versions of the program.", [
    [{ version, revision, deno }, 1],
  ]);
  text.counter("process_cpu_seconds_total", "CPU time, of user and system.", [[{}, cpuSeconds]]);
  text.gauge("process_resident_memory_bytes", "Resident memory.", [[{}, rss_bytes]]);
  text.gauge("process_start_time_seconds", "When the process started, since 1970.", [
    [{}, Date.parse(started_at) / 1000],
  ]);
  text.gauge("process_open_fds", "Open file descriptors.", [[{}, openFiles]]);
}

function byLabel<Value extends string>(
  series: readonly Series[],
  label: string,
  values: readonly Value[],
  count: (measures: QueueMeasures, value: Value) => number,
): Sample[] {
  return series.flatMap(({ labels, measures }) =>
    values.map((value): Sample => [
      { ...labels, [label]: value },
      measures.reduce((sum, one) => sum + count(one, value), 0),
    ])
  );
}

/** The sum of what is known. */
function summed(
  series: readonly Series[],
  value: (queue: QueueSnapshot) => number | null,
): Sample[] {
  return series.map(({ labels, queues }) => [labels, known(queues.map(value), sumOf)]);
}

function maximum(
  series: readonly Series[],
  value: (queue: QueueSnapshot) => number | null,
): Sample[] {
  return series.map(({ labels, queues }) => [labels, known(queues.map(value), maximumOf)]);
}

function known(
  values: readonly (number | null)[],
  combine: (numbers: readonly number[]) => number,
): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : combine(numbers);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function maximumOf(numbers: readonly number[]): number {
  return Math.max(...numbers);
}

function mergedBuckets(bounds: readonly number[], all: readonly Buckets[]): Buckets {
  const merged = new Buckets(bounds);
  for (const buckets of all) merged.merge(buckets);
  return merged;
}
