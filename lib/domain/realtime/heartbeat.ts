/**
 * What keeps a waiting poll alive: routers of home networks cut connections that are silent for a
 * minute.
 *
 * @module
 */

import type { RealtimeEvent } from "./event.ts";

/** Goes into the queue like any event, so that it has an id; every client gets it. */
export const HEARTBEAT: RealtimeEvent = { type: "heartbeat" };

const SHORTEST_SECONDS = 45;
const SPREAD_SECONDS = 10;

/**
 * How long a poll waits for an event before it gets a heartbeat: 45 to 55 s, so that clients that
 * came at once do not all come back at once.
 *
 * @param random From 0 to 1.
 */
export function heartbeatSeconds(random: number): number {
  return SHORTEST_SECONDS + random * SPREAD_SECONDS;
}
