/**
 * What a worker publishes, and a warning where it goes to a queue that nobody knows.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { publishEvent } from "../broker/publish.ts";
import type { Config } from "../../config/config.ts";
import { nearest } from "../../errors/spelling.ts";
import { discover } from "../host/discovery.ts";
import type { PublishBody } from "../host/host.ts";
import { unsharded } from "../host/shards.ts";
import { notice, type Reporter } from "../report.ts";

/** The most letters in which a mistyped queue differs from the one that is meant. */
const MOST_DIFFERENCES = 2;

/** What the worker of a queue publishes with. */
export interface PublisherOptions {
  /** The queue that the worker consumes. */
  readonly queue: string;
  readonly broker: Broker;
  readonly config: Pick<Config, "workersDir">;
  readonly report: Reporter;
}

/** Makes a worker's `ctx.publish`. It warns once of each queue without a worker that it declares. */
export function workerPublisher(
  { queue, broker, config, report }: PublisherOptions,
): PublishBody {
  const warned = new Set<string>();
  const warn = (to: string) => {
    const known = discover(config.workersDir).files.map(({ name }) => name);
    if (warned.has(to) || known.includes(unsharded(to))) return;
    warned.add(to);
    const meant = nearest(to, known, MOST_DIFFERENCES);
    const question = meant === undefined ? "" : "; did you mean {meant}?";
    const message =
      "The worker of {queue} publishes to {to}, which has no worker here and was not " +
      `on the broker: it is declared${question}`;
    report(notice("warning", queue, message, { properties: { to, meant } }));
  };
  return async (to, body, id) => {
    let isConfirmed = false;
    try {
      await publishEvent(broker, to, body, { id, onNewQueue: () => warn(to) });
      isConfirmed = true;
    } finally {
      report({ kind: "published", queue, isConfirmed });
    }
  };
}
