/**
 * A quorum queue drops an event that is returned too often, whatever the reason: processes that stop
 * or crash, lost connections. So an event that comes near that limit is replaced by a copy, which
 * the broker counts from 0.
 *
 * @module
 */

import { notice, type Reporter } from "../../report.ts";
import { dropsHead } from "./fitness.ts";
import type { QueueArguments } from "./queue_arguments.ts";

/** How often an event was returned that is replaced, where its queue allows more. */
const COPY_AT = 5;
/** A limit below this is dangerous: while an event is replaced, it may be returned again. */
const LOW_LIMIT = 6;

/** How often an event was returned that is replaced. @param limit The queue's limit, if it says. */
export function copyAt(limit: number | undefined): number {
  return limit === undefined ? COPY_AT : Math.max(1, Math.min(COPY_AT, Math.floor(limit / 2)));
}

function limitIn(args: QueueArguments["args"]): number | undefined {
  const limit = args["x-delivery-limit"];
  return typeof limit === "number" && limit >= 0 ? limit : undefined;
}

/** Knows which events of one queue come near its delivery limit. */
export class DeliveryLimit {
  readonly #queue: string;
  readonly #report: Reporter;
  #copyAt = COPY_AT;
  #dropsHead = false;
  #isReported = false;
  /** Whether the arguments of the queue were noted. */
  isKnown = false;

  /** @param queue The queue. @param report Takes what an operator has to know. */
  constructor(queue: string, report: Reporter) {
    this.#queue = queue;
    this.#report = report;
  }

  /** Notes the arguments of the queue; a low limit is a warning. What policies set is not known. */
  learn(args: QueueArguments["args"]): void {
    this.isKnown = true;
    const limit = limitIn(args);
    this.#copyAt = copyAt(limit);
    this.#dropsHead = dropsHead(args);
    if (limit === undefined || limit >= LOW_LIMIT) return;
    this.#report(notice("warning", this.#queue, LOW, { properties: { limit } }));
  }

  /**
   * Whether an event has to be replaced. In a queue that drops its oldest event when it is full it is
   * not: a copy would throw out another event. That is reported once.
   *
   * @param count What the broker's header `x-delivery-count` says.
   */
  isNear(count: unknown): boolean {
    if (typeof count !== "number" || count < this.#copyAt) return false;
    if (!this.#dropsHead) return true;
    if (!this.#isReported) {
      this.#report(notice("error", this.#queue, NOT_COPIED, { properties: { count } }));
    }
    this.#isReported = true;
    return false;
  }
}

const LOW =
  "Queue {queue} has a delivery limit of {limit}: it drops an event that was returned more often, as " +
  "by processes that end and by lost connections. Declare it again with x-delivery-limit of 20 or -1";
const NOT_COPIED =
  "An event of queue {queue} was returned {count} times, and the queue may drop it in the end. It is " +
  "not replaced by a copy, because a full queue with x-max-length would throw out another event " +
  "for that: set delivery-limit to -1 by a policy (before RabbitMQ 4: set none)";
