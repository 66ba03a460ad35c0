/**
 * The metrics of the queues as the broker sees them. Every process says the same.
 *
 * @module
 */

import type { MetricsText, Sample } from "./metrics_text.ts";

/** What the broker said about a queue. */
export interface BrokerSample {
  readonly ready: number;
  /** Events that wait for a retry; `null`: not known. */
  readonly retrying: number | null;
  /** Dead letters; `null`: not known. */
  readonly failed: number | null;
  /** `null`: not known. */
  readonly consumers: number | null;
  /** How long the oldest event has waited; `null`: not known. */
  readonly oldestSeconds: number | null;
  /** When it said so, in ms since 1970. */
  readonly at: number;
}

const MAXIMUM = "Every process says the same: use max by (queue).";

/** Each gauge: its name, what it is, and its value. */
const GAUGES: readonly (readonly [string, string, (sample: BrokerSample) => number | null])[] = [
  ["ready_events", "Events that are ready to be delivered.", ({ ready }) => ready],
  ["retrying_events", "Events that wait for a retry.", ({ retrying }) => retrying],
  ["failed_events", "Dead letters.", ({ failed }) => failed],
  ["consumers", "Consumers of the queue, on all hosts.", ({ consumers }) => consumers],
  [
    "oldest_event_age_seconds",
    "How long the oldest event has waited.",
    ({ oldestSeconds }) => oldestSeconds,
  ],
  ["sample_timestamp_seconds", "When the broker was asked, since 1970.", ({ at }) => at / 1000],
];

/** Adds the gauges. A queue that was not looked at has none. */
export function addBrokerQueues(
  text: MetricsText,
  { samples, mostQueues }: {
    readonly samples: ReadonlyMap<string, BrokerSample>;
    readonly mostQueues: number;
  },
): void {
  const known = [...samples].slice(0, mostQueues);
  for (const [name, help, value] of GAUGES) {
    const series = known.map(([queue, sample]): Sample => [{ queue }, value(sample)]);
    text.gauge(`process_queue_broker_${name}`, `${help} ${MAXIMUM}`, series);
  }
}
