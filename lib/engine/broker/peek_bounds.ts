/**
 * How much a peek looks at: the events stay in memory together, and on RabbitMQ others get none of
 * them meanwhile.
 *
 * @module
 */

import type { StoredEvent } from "./event.ts";

/** The bounds of a peek. */
export interface PeekLimits {
  readonly events: number;
  /** Of bodies together; the last event may exceed it. @default {64 MB} */
  readonly bytes?: number;
  /** How long events are taken, in ms. @default {10,000} */
  readonly ms?: number;
  /** A clock, in ms. @default {performance.now} */
  readonly clock?: () => number;
}

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_MS = 10_000;

/** Counts what was looked at. */
export class PeekBounds {
  readonly #limits: Required<PeekLimits>;
  readonly #end: number;
  #events = 0;
  #bytes = 0;

  /** @param limits The bounds. The time runs from now on. */
  constructor(
    { events, bytes = MOST_BYTES, ms = MOST_MS, clock = () => performance.now() }: PeekLimits,
  ) {
    this.#limits = { events, bytes, ms, clock };
    this.#end = clock() + ms;
  }

  /** How many more events may be looked at; 0 where it is enough. */
  get left(): number {
    const { events, bytes, clock } = this.#limits;
    return this.#bytes >= bytes || clock() >= this.#end ? 0 : events - this.#events;
  }

  /** Counts an event. */
  add({ body }: Pick<StoredEvent, "body">): void {
    this.#events++;
    this.#bytes += body.length;
  }
}
