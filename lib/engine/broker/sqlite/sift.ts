/**
 * Sifting a queue of the file. Events are read in pieces and leave in transactions of their own, if
 * they are still there: nobody is kept from taking them.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { type StoredEvent, unroutableError } from "../broker.ts";
import type { CarriedOut, Held, SiftRun } from "../sift.ts";
import { PIECE, storedEvent } from "./browse.ts";
import type { Commits } from "./commits.ts";
import { encodeProperties } from "../property_text.ts";
import { type Place, START } from "./ready_events.ts";
import type { Session } from "./session.ts";

/** The file that is sifted. */
export interface SiftedFile {
  readonly session: Session;
  readonly commits: Commits;
  /** The id of the queue. */
  readonly queue: number;
}

/** Looks at the events that are ready now, and carries out what is decided. */
export async function sift(file: SiftedFile, run: SiftRun<Place>): Promise<void> {
  const { session, commits, queue } = file;
  if (run.left === 0) return;
  const before = await commits.ask(() => session.queues.next());
  const carryOut = () => run.carryOut((chunk) => carry(file, chunk));
  for (let after: Place = START; run.left > 0;) {
    const limit = Math.min(PIECE, run.left);
    const rows = await session.read(() => session.ready.list(queue, after, before, limit));
    for (const row of rows) run.look(storedEvent(row), row);
    const last = rows.at(-1);
    if (!last) run.ranOut();
    else after = { position: last.position, id: last.id };
    if (run.isFull) await carryOut();
    await setImmediate();
  }
  await carryOut();
}

/** How one event changes. */
interface Change {
  readonly place: Place;
  /** The queue it moves to; `undefined` where it is deleted. */
  readonly to?: string;
  readonly properties: string | null;
  readonly body: StoredEvent["body"] | undefined;
}

async function carry(
  { session, commits, queue }: SiftedFile,
  chunk: readonly Held<Place>[],
): Promise<CarriedOut> {
  const changes = chunk.map(changeOf);
  const removed = await commits.ask(() => {
    const targets = targetsOf(changes, session);
    return changes.filter((change) => remove(session, queue, change, targets)).length;
  });
  return { removed };
}

function changeOf({ handle: place, removal }: Held<Place>): Change {
  if ("drop" in removal) return { place, properties: null, body: undefined };
  const { move: to, properties, body } = removal;
  return { place, to, properties: encodeProperties(properties), body };
}

/** The ids of the queues that events move to. @throws {BrokerError} `unroutable` */
function targetsOf(changes: readonly Change[], session: Session): Map<string, number> {
  const names = new Set(changes.flatMap(({ to }) => to ?? []));
  return new Map(Array.from(names, (name) => {
    const id = session.queues.find(name);
    if (id === undefined) throw unroutableError(name);
    return [name, id];
  }));
}

/** Makes one change, if the event is still in its place. @returns Whether it was. */
function remove(
  { ready }: Session,
  queue: number,
  { place, to, properties, body }: Change,
  targets: ReadonlyMap<string, number>,
): boolean {
  const target = to === undefined ? undefined : targets.get(to);
  if (target === undefined) return ready.drop(queue, place);
  return ready.move(queue, place, target, { properties, body });
}
