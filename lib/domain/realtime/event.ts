/**
 * Events as clients get them.
 *
 * @module
 */

/** An event, whose keys depend on its type. */
export interface RealtimeEvent {
  readonly type: string;
  readonly op?: unknown;
  readonly [key: string]: unknown;
}

/** An event in a client's queue. */
export interface QueuedEvent extends RealtimeEvent {
  /** From 0, rising within a queue. Ids may be left out. */
  readonly id: number;
}
