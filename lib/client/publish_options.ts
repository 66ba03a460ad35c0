/**
 * How an event is published, and what becomes of it as properties of AMQP.
 *
 * @module
 */

import type { EventProperties } from "../engine/broker/broker.ts";
import { newEventProperties } from "../engine/broker/headers.ts";
import { messageIdOf } from "../json/message_id.ts";

/** How events are published, all of a call alike. */
export interface PublishAllOptions {
  /**
   * Seconds after which the events may run; at least 1. Where it is none of 1, 5, 15, 60, 300, 900,
   * 3600, 14400 or 86400, the worker that gets an event too early has it wait for the rest, so that
   * it runs up to a tenth of the delay later. @default {0, at once}
   */
  readonly delaySeconds?: number;
  /** The trace that the events belong to, as W3C Trace Context writes it. @default {none} */
  readonly traceparent?: string;
  /** Headers of the message. Names that begin with `x-pq-` are the program's. @default {none} */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** The priority of the message, in a queue that has priorities: 0 to 255. @default {none} */
  readonly priority?: number;
}

/** How one event is published. */
export interface PublishOptions extends PublishAllOptions {
  /**
   * Its `message_id`, of at most 255 bytes. Publish again with the same id what may not be stored: a
   * worker that keeps an inbox then runs it once. @default {a UUID}
   */
  readonly id?: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const OWN_HEADER = /^x-pq-/i;

/**
 * The properties of an event that is published now.
 *
 * @param queue The queue it goes to, for messages.
 * @throws {RangeError} For an option that is not valid; the message names it.
 */
export function propertiesOf(queue: string, options: PublishOptions): EventProperties {
  const { traceparent, headers = {}, priority, delaySeconds = 0 } = options;
  const refuse = (why: string) => {
    throw new RangeError(`An event for queue ${queue} cannot be published: ${why}`);
  };
  if (!(delaySeconds >= 0) || delaySeconds === Infinity) {
    refuse(`delaySeconds is ${delaySeconds}; give seconds from 0`);
  }
  if (traceparent !== undefined && !TRACEPARENT.test(traceparent)) {
    refuse("its traceparent is not of the form 00-<32 hex digits>-<16 hex digits>-<2 hex digits>");
  }
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 255)) {
    refuse(`its priority is ${priority}; give a whole number from 0 to 255`);
  }
  const own = Object.keys(headers).find((name) => OWN_HEADER.test(name));
  if (own !== undefined) refuse(`the header ${own} is one that the program sets: leave it out`);
  const made = newEventProperties(undefined, messageIdOf(queue, options));
  return {
    ...made,
    ...(priority === undefined ? {} : { priority }),
    headers: { ...headers, ...(traceparent === undefined ? {} : { traceparent }), ...made.headers },
  };
}
