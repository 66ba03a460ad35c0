/**
 * Looking at the events of a queue, moving and deleting them, piece by piece, so that neither the
 * thread nor the file is blocked for long.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { EventProperties, StoredEvent } from "../broker.ts";
import type { Commits } from "./commits.ts";
import { decodeProperties, encodeProperties } from "./properties.ts";
import { type Place, type ReadyRow, START } from "./ready_events.ts";
import type { Session } from "./session.ts";

/** The most events that one turn of the event loop handles. */
const PIECE = 200;

/** The first events of a queue. */
export async function peek(session: Session, queue: number, limit: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let after = START; events.length < limit;) {
    const piece = Math.min(PIECE, limit - events.length);
    const rows = await session.read(() => session.ready.list(queue, after, Infinity, piece));
    const last = rows.at(-1);
    if (!last) break;
    events.push(...rows.map(storedEvent));
    after = last;
    await setImmediate();
  }
  return events;
}

/** Which events are moved, and how. */
export interface Move {
  readonly from: number;
  readonly to: string;
  readonly change: (event: StoredEvent) => EventProperties | undefined;
}

/** Moves the events that are ready now. @returns How many. */
export async function move(
  session: Session,
  commits: Commits,
  task: Move,
): Promise<number> {
  const before = await commits.ask(() => session.queues.next());
  let moved = 0;
  for (let after: Place | undefined = START; after;) {
    const piece: Piece = await commits.ask(() => movePiece(session, task, after ?? START, before));
    moved += piece.moved;
    after = piece.last;
  }
  return moved;
}

interface Piece {
  readonly moved: number;
  /** The last event that was checked; `undefined` when there are no more. */
  readonly last: Place | undefined;
}

/** Asks for all changes before it makes the first, so that one that throws changes nothing. */
function movePiece(session: Session, task: Move, after: Place, before: number): Piece {
  const { from, to, change } = task;
  const rows = session.ready.list(from, after, before, PIECE);
  const changed = rows.flatMap((row) => {
    const properties = change(storedEvent(row));
    return properties === undefined ? [] : [{ row, text: encodeProperties(properties) }];
  });
  const target = changed.length > 0 ? session.queues.declare(to) : from;
  for (const { row, text } of changed) session.ready.move(from, row, target, text);
  return { moved: changed.length, last: rows.at(-1) };
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

function storedEvent({ body, properties }: ReadyRow): StoredEvent {
  return { body, properties: decodeProperties(properties) };
}
