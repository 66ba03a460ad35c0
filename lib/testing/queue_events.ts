/**
 * The events of a queue under test, as they are published and as tests see them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { StoredEvent } from "../engine/broker/broker.ts";
import { HEADER, newEventProperties } from "../engine/broker/headers.ts";
import type { MemoryBroker } from "../engine/broker/memory.ts";
import { parseJson } from "../json/parse_json.ts";
import type { FakeClock } from "./clock.ts";
import type { EventOutcome } from "./results.ts";
import type { Send } from "./worker_under_test.ts";

/** One run of an event of a queue. */
export interface QueueResult extends EventOutcome {
  /** The event as it was published. */
  readonly event: unknown;
  /**
   * Its `message_id`: `event-1` for the first that was published, and so on, unless a worker gave it
   * another.
   */
  readonly messageId: string;
  /** When the run ended, in ms since 1970 by the queue's clock. */
  readonly at: number;
}

/** A dead letter. */
export interface DeadLetter {
  /** The event as it was published; the text of its body where that is not JSON. */
  readonly event: unknown;
  /** Its `message_id`. */
  readonly messageId: string;
  /** Why: `error`, `fail`, `invalid`, `timeout` … */
  readonly reason: string;
  /** How many attempts it had. */
  readonly attempts: number;
  /** The last error. */
  readonly error: { readonly name: string; readonly message: string };
}

/** Publishes to a broker, with ids that count up and the time of a clock. */
export function sendTo(broker: MemoryBroker, clock: FakeClock): Send {
  let count = 0;
  return async (queue, body, id = `event-${++count}`) => {
    const properties = newEventProperties(clock.now(), id);
    await Promise.all([broker.declare(queue), broker.publish(queue, body, properties)]);
  };
}

/** A dead letter, from the stored event. */
export function deadLetter({ body, properties }: StoredEvent): DeadLetter {
  const { messageId = "", headers = {} } = properties;
  const text = (name: string) => String(headers[name] ?? "");
  return {
    event: parsed(Buffer.from(body).toString()),
    messageId,
    reason: text(HEADER.reason),
    attempts: Number(headers[HEADER.attempts]),
    error: { name: text(HEADER.errorName), message: text(HEADER.errorMessage) },
  };
}

/** The event of a body; its text where that is not JSON. */
export function parsed(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return body;
  }
}
