/**
 * The events that one client has not confirmed yet.
 *
 * A client asks for events with the id of the last one that it has. This confirms all up to
 * that one, which are forgotten: an id that is neither the last forgotten one nor in the queue is an
 * error. Events about flags are merged until they are read. What events know for the server alone,
 * `internal_data`, stays in the queue.
 *
 * @module
 */

import type { QueuedEvent, RealtimeEvent } from "./event.ts";
import {
  type FlagChange,
  flagChange,
  grow,
  growing,
  type GrowingFlags,
  grown,
} from "./flag_events.ts";

/** What a client gets: the events after the one it named, or why that one cannot be right. */
export type Polled =
  | { readonly kind: "events"; readonly events: readonly QueuedEvent[] }
  | { readonly kind: "error"; readonly message: string };

/** A queue as it is written to a file, in Zulip's form. */
export interface DumpedQueue {
  readonly id: string;
  readonly next_event_id: number;
  /** Missing in old files, for -1. */
  readonly newest_pruned_id?: number | undefined;
  readonly queue: readonly QueuedEvent[];
  /** The merged events that nobody has read, by their merge keys. */
  readonly virtual_events?: Readonly<Record<string, QueuedEvent>> | undefined;
}

/** The queue of one client. */
export class ClientQueue {
  readonly id: string;
  #nextId = 0;
  #prunedId = -1;
  /** By rising ids. */
  #events: QueuedEvent[] = [];
  readonly #growing = new Map<string, GrowingFlags>();

  /** @param id The queue's id, by which the client knows it. */
  constructor(id: string) {
    this.id = id;
  }

  /** A queue as {@linkcode ClientQueue.dump} wrote it. */
  static load(dumped: DumpedQueue): ClientQueue {
    const queue = new ClientQueue(dumped.id);
    queue.#nextId = dumped.next_event_id;
    queue.#prunedId = dumped.newest_pruned_id ?? -1;
    queue.#events = [...dumped.queue];
    queue.#insert(Object.values(dumped.virtual_events ?? {}));
    return queue;
  }

  /** How many events it holds; merged ones count as one. */
  get size(): number {
    return this.#events.length + this.#growing.size;
  }

  /** The id of the newest event that was put into it; -1 before the first. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /**
   * The id of the newest event, from which a client can go on: events that come later are not merged
   * into those before. -1 before the first.
   */
  mark(): number {
    this.#seal(() => true);
    return this.lastId;
  }

  /** Adds an event. @returns Its id. */
  push(event: RealtimeEvent): number {
    const id = this.#nextId++;
    const change = flagChange(event);
    if (!change) this.#events.push({ ...event, id });
    else this.#pushFlags(event, id, change);
    return id;
  }

  /**
   * Confirms the events up to one, and reads those after it.
   *
   * @param lastId The id of the last event that the client has; -1 for none.
   */
  poll(lastId: number): Polled {
    if (lastId < this.#prunedId) {
      const message = `An event newer than ${lastId} has already been pruned!`;
      return { kind: "error", message };
    }
    this.#prune(lastId);
    if (lastId !== this.#prunedId) {
      return { kind: "error", message: `Event ${lastId} was not in this queue` };
    }
    return { kind: "events", events: this.events().map(forClients) };
  }

  /**
   * Reads all events, with their `internal_data`. Those that were merged until now stay as they are.
   */
  events(): readonly QueuedEvent[] {
    this.#seal(() => true);
    return [...this.#events];
  }

  /** Changes events in their places. @param change Returns the changed event, with the same id. */
  rewrite(change: (event: QueuedEvent) => QueuedEvent): void {
    this.#events = this.#events.map(change);
  }

  /** What {@linkcode ClientQueue.load} takes. */
  dump(): DumpedQueue {
    return {
      id: this.id,
      next_event_id: this.#nextId,
      newest_pruned_id: this.#prunedId,
      queue: [...this.#events],
      virtual_events: Object.fromEntries(
        [...this.#growing].map(([key, flags]) => [key, grown(flags)]),
      ),
    };
  }

  /**
   * Merges an event about a flag into the one before it. Other changes of the same flag that came
   * between them end that one, so that a client sees all changes of a flag in their order.
   */
  #pushFlags(event: RealtimeEvent, id: number, { flag, mergeKey }: FlagChange): void {
    const mine = mergeKey === undefined ? undefined : this.#growing.get(mergeKey);
    if (mine) return grow(mine, event, id);
    this.#seal((flags) => flags.event.flag === flag);
    if (mergeKey === undefined) this.#events.push({ ...event, id });
    else this.#growing.set(mergeKey, growing(event, id));
  }

  /** Ends the growth of some events. */
  #seal(isMeant: (flags: GrowingFlags) => boolean): void {
    const sealed = [...this.#growing].filter(([, flags]) => isMeant(flags));
    for (const [key] of sealed) this.#growing.delete(key);
    this.#insert(sealed.map(([, flags]) => grown(flags)));
  }

  #insert(events: readonly QueuedEvent[]): void {
    if (events.length === 0) return;
    this.#events = [...this.#events, ...events].sort((one, other) => one.id - other.id);
  }

  #prune(lastId: number): void {
    const kept = this.#events.findIndex(({ id }) => id > lastId);
    const removed = this.#events.splice(0, kept < 0 ? this.#events.length : kept);
    this.#prunedId = removed.at(-1)?.id ?? this.#prunedId;
  }
}

function forClients({ internal_data: _, ...event }: QueuedEvent): QueuedEvent {
  return event as QueuedEvent;
}
