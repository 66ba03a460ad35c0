/**
 * All queues of clients, found by their ids, their users and their realms.
 *
 * @module
 */

import type { Clients } from "../../domain/realtime/audience.ts";
import { type EventClient, readsPublicChannels } from "../../domain/realtime/client.ts";
import type { Session } from "./session.ts";

/** The queues of all clients. */
export class Sessions implements Clients<EventClient> {
  readonly #byId = new Map<string, Session>();
  readonly #byUser = new Map<number, Set<Session>>();
  /** Those that read all public channels, by realm. */
  readonly #public = new Map<number, Set<Session>>();

  /** How many there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** All of them. */
  all(): Iterable<Session> {
    return this.#byId.values();
  }

  /** The users who have some. */
  users(): Iterable<number> {
    return this.#byUser.keys();
  }

  /** The one with an id. */
  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** Those of a user. */
  of(userId: number): ReadonlySet<Session> {
    return this.#byUser.get(userId) ?? new Set();
  }

  /** Adds one. */
  add(session: Session): void {
    const { client } = session;
    this.#byId.set(session.id, session);
    join(this.#byUser, client.userId, session);
    if (readsPublicChannels(client)) join(this.#public, client.realmId, session);
  }

  /** Removes one, and ends its poll. */
  remove(session: Session): void {
    const { client } = session;
    this.#byId.delete(session.id);
    leave(this.#byUser, client.userId, session);
    leave(this.#public, client.realmId, session);
    session.endWait();
  }

  /** @inheritdoc */
  ofUser(userId: number): Iterable<EventClient> {
    return clientsOf(this.of(userId));
  }

  /** @inheritdoc */
  ofPublicChannels(realmId: number): Iterable<EventClient> {
    return clientsOf(this.#public.get(realmId) ?? []);
  }

  /** @inheritdoc */
  isAway(userId: number): boolean {
    for (const { takesMessages, isOffline } of this.of(userId)) {
      if (takesMessages && !isOffline) return false;
    }
    return true;
  }
}

function* clientsOf(sessions: Iterable<Session>): Iterable<EventClient> {
  for (const { client } of sessions) yield client;
}

function join(map: Map<number, Set<Session>>, key: number, session: Session): void {
  const set = map.get(key) ?? new Set();
  map.set(key, set.add(session));
}

function leave(map: Map<number, Set<Session>>, key: number, session: Session): void {
  const set = map.get(key);
  set?.delete(session);
  if (set?.size === 0) map.delete(key);
}
