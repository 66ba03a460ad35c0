/**
 * Events as JSON. Clients with the same options share the object of a message, so that its text is
 * made once.
 *
 * @module
 */

import type { QueuedEvent } from "../../domain/realtime/event.ts";
import { toJson } from "../../json/to_json.ts";
import { successText } from "./answers.ts";

/** The texts of messages, for as long as these are in any queue. */
const texts = new WeakMap<object, string>();

/** The text of the answer to a poll. */
export function pollText(events: readonly QueuedEvent[], queueId: string): string {
  const rest = successText({ queue_id: queueId });
  return `{"events":[${events.map(textOf).join(",")}],${rest.slice(1)}`;
}

function textOf(event: QueuedEvent): string {
  const { message, ...rest } = event;
  if (event.type !== "message" || typeof message !== "object" || message === null) {
    return toJson(event);
  }
  const known = texts.get(message) ?? toJson(message);
  texts.set(message, known);
  return `{"message":${known},${toJson(rest).slice(1)}`;
}
