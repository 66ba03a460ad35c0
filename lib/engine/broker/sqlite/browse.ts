/**
 * Looking at the events of a queue and deleting them, piece by piece, so that neither the thread nor
 * the file is blocked for long.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { StoredEvent } from "../broker.ts";
import type { Commits } from "./commits.ts";
import type { PeekBounds } from "../peek_bounds.ts";
import { decodeProperties } from "../property_text.ts";
import { type ReadyRow, START } from "./ready_events.ts";
import type { Session } from "./session.ts";

/** The most events that one turn of the event loop handles. */
export const PIECE = 200;

/** The most events that are read together where they stay in memory. */
const PEEK_PIECE = 20;

/** The first events of a queue. @param bounds How many. */
export async function peek(
  session: Session,
  queue: number,
  bounds: PeekBounds,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = START; bounds.left > 0;) {
    const piece = Math.min(PEEK_PIECE, bounds.left);
    const rows = await session.read(() => session.ready.list(queue, after, Infinity, piece));
    const last = rows.at(-1);
    if (!last) break;
    for (const event of rows.map(storedEvent)) {
      if (bounds.left === 0) return events;
      bounds.add(event);
      events.push(event);
    }
    after = last;
    await setImmediate();
  }
  return events;
}

/** Deletes the events that are ready now. @returns How many. */
export async function purge(session: Session, commits: Commits, queue: number): Promise<number> {
  const before = await commits.ask(() => session.queues.next());
  for (let purged = 0;;) {
    const count = await commits.ask(() => session.ready.remove(queue, before, PIECE));
    if (count === 0) return purged;
    purged += count;
  }
}

/** Deletes the events of a queue that wait. @returns How many. */
export async function purgeWaiting(
  session: Session,
  commits: Commits,
  queue: number,
): Promise<number> {
  for (let purged = 0;;) {
    const count = await commits.ask(() => session.events.removeWaiting(queue, PIECE));
    if (count === 0) return purged;
    purged += count;
  }
}

/** An event as it is shown to who looks at the queue. */
export function storedEvent({ body, properties }: ReadyRow): StoredEvent {
  return { body, properties: decodeProperties(properties) };
}
