/**
 * The queues of clients: registered, polled, filled by notices, swept. It knows neither HTTP nor files.
 *
 * What it decides leads to events for the queues of mails and pushes. Those are published first, and
 * only then the queues of clients change, at once. So a notice that failed, and comes again, has
 * served nobody yet. As clients come and leave meanwhile, it decides again after it has published,
 * until there is nothing new to publish.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { EventClient } from "../../domain/realtime/client.ts";
import { ClientQueue } from "../../domain/realtime/client_queue.ts";
import { dispatch, type Outcome } from "../../domain/realtime/dispatch.ts";
import type { QueuedEvent } from "../../domain/realtime/event.ts";
import type { Notice } from "../../domain/realtime/notice.ts";
import type { NoticeEvent } from "../../domain/realtime/notice_events.ts";
import { asNotified, noticesAtDeath } from "../../domain/realtime/queue_death.ts";
import { type Sweep, sweep } from "../../domain/realtime/queue_expiry.ts";
import type { KeptQueue } from "../../domain/realtime/queue_file.ts";
import { MOST_ANSWERED, Session, type Waiting } from "./session.ts";
import { Sessions } from "./sessions.ts";

/** The most queues of one user. */
export const MOST_QUEUES = 200;
/** How many queues are swept before other work has its turn. */
const SWEPT_AT_ONCE = 100;

/** What the queues work with. */
export interface EventQueuesOptions {
  /** Publishes events for mails and pushes, and resolves when all are confirmed. */
  readonly publish: (notices: readonly NoticeEvent[]) => Promise<void>;
  /** How long a poll waits for a heartbeat, in ms. */
  readonly heartbeatMs: () => number;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** What a poll leads to. */
export type Polling =
  | { readonly kind: "unknown" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "events"; readonly events: readonly QueuedEvent[] }
  | { readonly kind: "waiting"; readonly waiting: Waiting };

/** What a sweep did. */
export interface Swept {
  /** How many queues were removed. */
  readonly removed: number;
  /** How many users had them. */
  readonly users: number;
}

/** The queues of all clients. */
export class EventQueues {
  readonly sessions = new Sessions();
  readonly #options: EventQueuesOptions;
  readonly #now: () => number;

  /** @param options What they work with. */
  constructor(options: EventQueuesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Makes a queue for a client. Once the client has it, {@linkcode EventQueues.settle} is to be called.
   *
   * @param client Its id is made here.
   * @returns `undefined` where the user has too many.
   */
  register(client: Omit<EventClient, "queueId">, idleTimeoutSeconds: number): Session | undefined {
    const others = [...this.sessions.of(client.userId)].filter(({ isLost }) => !isLost);
    if (others.length >= MOST_QUEUES) return undefined;
    const queueId = crypto.randomUUID();
    const session = new Session({
      ...{ client: { ...client, queueId }, queue: new ClientQueue(queueId), idleTimeoutSeconds },
      ...{ polledAt: this.#now(), isOffline: false, isLost: false },
    });
    this.sessions.add(session);
    return session;
  }

  /** Drops what the user of a new queue has lost: as the user is back, the client reads all messages. */
  settle({ takesMessages, userId }: Session): void {
    if (!takesMessages) return;
    for (const other of [...this.sessions.of(userId)]) {
      if (other.isLost) this.sessions.remove(other);
    }
  }

  /** Adds queues that were read from a file. @param isLost Whether their clients must not poll them. */
  load(queues: readonly KeptQueue[], isLost: boolean): void {
    for (const kept of queues) {
      const session = new Session(kept);
      if (isLost) session.lose();
      this.sessions.add(session);
    }
  }

  /** The queue of a user, if it may be polled. */
  find(userId: number, queueId: string): Session | undefined {
    const session = this.sessions.get(queueId);
    return session && session.userId === userId && !session.isLost ? session : undefined;
  }

  /**
   * Confirms events, and reads those after them, up to 1,000. A poll that waits for the same queue ends first.
   *
   * @param lastId The id of the last event that the client has; -1 for none.
   * @param mayWait Whether to wait where there are no events.
   */
  poll(userId: number, queueId: string, lastId: number, mayWait: boolean): Polling {
    const session = this.find(userId, queueId);
    if (!session) return { kind: "unknown" };
    session.endWait();
    session.polledAt = this.#now();
    session.isOffline = false;
    const polled = session.queue.poll(lastId);
    if (polled.kind === "error") return polled;
    if (polled.events.length > 0 || !mayWait) {
      return { kind: "events", events: polled.events.slice(0, MOST_ANSWERED) };
    }
    return { kind: "waiting", waiting: session.wait(lastId, this.#options.heartbeatMs()) };
  }

  /**
   * Removes the queue of a user. Where it was the last one, messages in it are mailed and pushed.
   *
   * @returns Whether there was one.
   * @throws What publishing throws; it is not removed then.
   */
  async remove(userId: number, queueId: string): Promise<boolean> {
    const session = this.find(userId, queueId);
    if (session) await this.#leaving(() => this.#removalOf(session));
    return session !== undefined;
  }

  /**
   * Serves the clients of a notice, all or none.
   *
   * @returns What it led to; `missing` is the id of a queue that was to be removed and is not its
   * user's, or is not here.
   * @throws {z.ZodError} When the notice lacks what its type has.
   * @throws What publishing throws; no client has got anything then.
   */
  async apply(notice: Notice): Promise<Outcome<EventClient> & { readonly missing?: string }> {
    const decide = () => dispatch(notice, this.sessions);
    const outcome = await this.#publishing(decide, (outcome, published) => {
      const byUser = Map.groupBy(published, (each) => each.event.user_profile_id);
      for (const { client, event } of outcome.deliveries) {
        const mine = byUser.get(client.userId);
        const known = mine ? asNotified(mine)({ ...event, id: -1 }) : event;
        this.sessions.get(client.queueId)?.push(known);
      }
    });
    const { cleanup } = outcome;
    if (!cleanup || await this.remove(cleanup.userId, cleanup.queueId)) return outcome;
    return { ...outcome, missing: cleanup.queueId };
  }

  /**
   * Removes queues that nobody has asked for in time, and has messages mailed and pushed whose users
   * have left. Other work has its turn after every 100 queues or so.
   *
   * @param signal Ends it after some of them.
   * @throws What publishing throws; the next sweep goes on.
   */
  async sweep(signal: AbortSignal): Promise<Swept> {
    let removed = 0;
    let users = 0;
    for (
      const some of inPieces([...this.sessions.users()], (user) => this.sessions.of(user).size)
    ) {
      if (signal.aborted) break;
      const { expired } = await this.#sweepUsers(some);
      removed += expired.length;
      users += new Set(expired.map(({ userId }) => userId)).size;
      await setImmediate();
    }
    return { removed, users };
  }

  /** Ends all polls, without events. */
  endPolls(): void {
    for (const session of this.sessions.all()) session.endWait();
  }

  async #sweepUsers(users: readonly number[]): Promise<Sweep<Session>> {
    return await this.#leaving(() => {
      return sweep(users.flatMap((user) => [...this.sessions.of(user)]), this.#now());
    });
  }

  #removalOf(session: Session): Sweep<Session> {
    const others = [...this.sessions.of(session.userId)].filter((other) => other !== session);
    const isLast = session.takesMessages && !session.isOffline &&
      !others.some(({ takesMessages, isOffline }) => takesMessages && !isOffline);
    const away = new Map(isLast ? [[session.userId, [session]]] : []);
    return { expired: [session], offline: [], away };
  }

  /** Carries out what happens to queues, once those who leave by it are notified. */
  async #leaving(find: () => Sweep<Session>): Promise<Sweep<Session>> {
    const decide = () => {
      const found = find();
      const notices = [...found.away].flatMap(([user, queues]) =>
        noticesAtDeath(user, queues.map(({ queue }) => queue.events()))
      );
      return { ...found, notices };
    };
    return await this.#publishing(decide, ({ expired, offline, away, notices }) => {
      for (const session of offline) session.isOffline = true;
      for (const session of expired) this.sessions.remove(session);
      const byUser = Map.groupBy(notices, ({ event }) => event.user_profile_id);
      for (const user of away.keys()) {
        const mine = byUser.get(user);
        if (!mine) continue;
        for (const { queue } of this.sessions.of(user)) queue.rewrite(asNotified(mine));
      }
    });
  }

  /** Publishes what a decision leads to, decides again, and carries out the last decision at once. */
  async #publishing<Decision extends { readonly notices: readonly NoticeEvent[] }>(
    decide: () => Decision,
    carryOut: (decision: Decision, published: readonly NoticeEvent[]) => void,
  ): Promise<Decision> {
    const published = new Map<string, NoticeEvent>();
    for (;;) {
      const decision = decide();
      const fresh = decision.notices.filter(({ id }) => !published.has(id));
      if (fresh.length === 0) {
        carryOut(decision, [...published.values()]);
        return decision;
      }
      await this.#options.publish(fresh);
      for (const notice of fresh) published.set(notice.id, notice);
    }
  }
}

/** Users in groups that have so many queues together that they can be swept at once. */
function* inPieces(
  users: readonly number[],
  sizeOf: (user: number) => number,
): Iterable<readonly number[]> {
  let some: number[] = [];
  let size = 0;
  for (const user of users) {
    some.push(user);
    size += sizeOf(user);
    if (size < SWEPT_AT_ONCE) continue;
    yield some;
    [some, size] = [[], 0];
  }
  if (some.length > 0) yield some;
}
