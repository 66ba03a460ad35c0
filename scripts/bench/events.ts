/**
 * The events that the benchmark publishes.
 *
 * @module
 */

/** Size of an event, unless another is asked for. */
export const EVENT_BYTES = 300;

/** One event as JSON. @param i Its number. @param bytes Its size, at least 100. */
export function eventText(i: number, bytes: number = EVENT_BYTES): string {
  const event = { user_profile_id: i % 1000 + 1, client_id: 1, query: "", time: 1_700_000_000 + i };
  const missing = bytes - JSON.stringify(event).length;
  return JSON.stringify({ ...event, query: "x".repeat(missing) });
}
