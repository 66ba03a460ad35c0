/**
 * The name of the empty topic, for clients that do not know it.
 *
 * @module
 */

const EMPTY_TOPIC = "general chat";

/** A topic as older clients see it. @param topic Unchanged unless it is empty. */
export function shownTopic<T>(topic: T): T | string {
  return topic === "" ? EMPTY_TOPIC : topic;
}
