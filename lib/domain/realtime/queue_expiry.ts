/**
 * How long the queues of clients live. A queue that nobody has asked for 10 minutes is offline: its
 * user counts as away. One that nobody has asked for as long as its client wished is removed.
 *
 * @module
 */

/** Seconds without a poll after which a queue is removed, where its client did not say. */
export const IDLE_TIMEOUT_SECONDS = 600;
/** The same for a client that says it is a `mobile` one. */
export const MOBILE_IDLE_TIMEOUT_SECONDS = 12 * 3600;
/** The longest time that a client may ask for, in seconds. */
export const LONGEST_IDLE_TIMEOUT_SECONDS = 7 * 24 * 3600;
/** Seconds without a poll after which a queue is offline. */
export const OFFLINE_SECONDS = 600;

/** What a client asks for when it registers. */
export interface WantedTimeout {
  /** Zulip's newer form: seconds, or `mobile`. */
  readonly idle_queue_timeout?: number | "mobile" | undefined;
  /** Zulip's older form: seconds, 0 for the default. */
  readonly queue_lifespan_secs?: number | undefined;
}

/** The seconds without a poll after which a client's queue is removed. */
export function idleTimeoutSeconds(wanted: WantedTimeout): number {
  const { idle_queue_timeout: idle, queue_lifespan_secs: lifespan } = wanted;
  const seconds = idle === "mobile" ? MOBILE_IDLE_TIMEOUT_SECONDS : idle ?? lifespan ?? 0;
  return seconds > 0 ? Math.min(seconds, LONGEST_IDLE_TIMEOUT_SECONDS) : IDLE_TIMEOUT_SECONDS;
}

/** What a sweep knows of a queue. */
export interface SweptQueue {
  readonly id: string;
  readonly userId: number;
  /** Whether a poll waits for events now. */
  readonly isPolled: boolean;
  /** When its last poll began, or it was made, in ms since 1970. */
  readonly polledAt: number;
  readonly idleTimeoutSeconds: number;
  /** Whether an earlier sweep found it offline, and no poll came since. */
  readonly isOffline: boolean;
  /** Whether its client takes messages: only then its user is online by it. */
  readonly takesMessages: boolean;
}

/** What happens to queues. */
export interface Sweep<Queue extends SweptQueue> {
  /** To be removed. */
  readonly expired: readonly Queue[];
  /** Newly offline. */
  readonly offline: readonly Queue[];
  /**
   * The users who become away with this sweep, each with the queues that made them so. What lies in
   * these and was not notified of is to be judged again, each message once.
   */
  readonly away: ReadonlyMap<number, readonly Queue[]>;
}

/** Decides what happens to queues. @param now In ms since 1970. */
export function sweep<Queue extends SweptQueue>(
  queues: Iterable<Queue>,
  now: number,
): Sweep<Queue> {
  const expired: Queue[] = [];
  const offline: Queue[] = [];
  const online = new Set<number>();
  for (const queue of queues) {
    const idle = queue.isPolled ? 0 : (now - queue.polledAt) / 1000;
    const isGone = idle >= queue.idleTimeoutSeconds;
    if (isGone) expired.push(queue);
    if (queue.isOffline) continue;
    if (isGone || idle >= OFFLINE_SECONDS) offline.push(queue);
    else if (queue.takesMessages) online.add(queue.userId);
  }
  const lost = offline.filter((queue) => queue.takesMessages && !online.has(queue.userId));
  return { expired, offline, away: Map.groupBy(lost, ({ userId }) => userId) };
}
