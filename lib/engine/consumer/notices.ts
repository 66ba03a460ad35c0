/**
 * What an operator reads about the handlers of a queue.
 *
 * @module
 */

import { nounFor } from "../../errors/counted.ts";
import { notice, type NoticeReport } from "../report.ts";
import type { Entry } from "./entry.ts";

/** A limit that RabbitMQ does not wait for. */
export const LONG_RUNS =
  "A handler of queue {queue} may run for longer than the {seconds} s after which RabbitMQ closes a " +
  "channel with an unacknowledged event: set maxConsumeSeconds lower, or raise consumer_timeout in " +
  "rabbitmq.conf";

/** A handler that did not return, in a process that can only end. */
export function hungNotice(
  queue: string,
  entries: readonly Entry[],
  seconds: number,
): NoticeReport {
  return notice(
    "error",
    queue,
    "The worker of {queue} did not return when it was aborted after {seconds} seconds " +
      `processing {count} ${nounFor(entries.length, "event")}: this process takes no more events ` +
      "and ends, to be restarted",
    {
      properties: { seconds, count: entries.length, ids: entries.map(({ id }) => id) },
      fingerprint: ["worker-timeout", queue],
    },
  );
}
