/** The events that the demo publishes. */

/** The events of each queue, as JSON. */
export const EVENTS: Readonly<Record<string, readonly string[]>> = {
  user_activity: repeat(3500, (i) => ({
    user_profile_id: i % 50 + 1,
    client_id: i % 3 + 1,
    query: ["send_message", "get_events", "update_flags"][i % 3],
    time: 1_760_000_000 + i,
  })),
  noop: repeat(1000, (i) => ({ number: i })),
  demo_webhooks: repeat(500, (i) => ({
    url: i === 250 ? "https://unreachable.example/hook" : `https://example.com/hook/${i}`,
  })),
};

/** The queue with the event that fails. */
export const FAILING = "demo_webhooks";

/** The queues. */
export const QUEUES: readonly string[] = Object.keys(EVENTS);

/** The number of events. */
export const TOTAL: number = Object.values(EVENTS).flat().length;

function repeat(count: number, event: (i: number) => unknown): readonly string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(event(i)));
}
