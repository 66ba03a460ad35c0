/**
 * The events that the benchmark publishes.
 *
 * @module
 */

/** Size of each event. */
export const EVENT_BYTES = 300;

/** One event as JSON. @param i Its number. */
export function eventText(i: number): string {
  const event = { user_profile_id: i % 1000 + 1, client_id: 1, query: "", time: 1_700_000_000 + i };
  const missing = EVENT_BYTES - JSON.stringify(event).length;
  return JSON.stringify({ ...event, query: "x".repeat(missing) });
}
