/**
 * Finds the queue whose events end the connection when they are read. All queues share the
 * connection, so such a queue would stop them all, and each loss redelivers their events.
 *
 * @module
 */

import { within } from "../../../system/deadline.ts";
import { errorData } from "../../../errors/error_data.ts";
import { notice, type Reporter } from "../../report.ts";
import { UnreadableFrame } from "./frames.ts";

/** Frame error, syntax error, command invalid, unexpected frame. */
const READING_CODES: readonly unknown[] = [501, 502, 503, 505];

/** Whether a connection ended because of what was read, and not because its link was lost. */
export function isReadingFault(cause: unknown): boolean {
  if (cause instanceof UnreadableFrame) return true;
  return READING_CODES.includes((cause as { code?: unknown } | undefined)?.code);
}

/** How many ends within {@linkcode WITHIN_MS} make queues be consumed one at a time. */
const MANY = 2;
const WITHIN_MS = 60_000;
/** How long a queue is consumed alone, in ms, if it delivers nothing. */
const TURN_MS = 1000;
/** How long to wait for further queues before they are consumed together, in ms. */
const GATHER_MS = 1000;
/** How long a queue is parked, in ms. */
const PARK_MS = 300_000;

/** A channel that can consume its queue for a moment. */
export interface AloneChannel {
  /** Resolves when the channel is closed. */
  readonly ended: { readonly promise: Promise<void> };
  /** Consumes one event at a time until the first is delivered, or `ms` have passed. */
  consumeOne(ms: number): Promise<void>;
}

/** What happens to the queues of one connection when it ends because of what was read. */
export class OneAtATime {
  readonly #report: Reporter;
  /** The `performance.now()` of the ends that count. */
  #faults: number[] = [];
  /** Until when queues are parked, by `performance.now()`. */
  readonly #parked = new Map<string, number>();
  #round: Round | undefined;

  /** @param report Takes what operators should know. */
  constructor(report: Reporter) {
    this.#report = report;
  }

  /** A new connection is open. @param now `performance.now()` */
  connected(now: number): void {
    this.#faults = this.#faults.filter((at) => now - at < WITHIN_MS);
    const isSuspicious = this.#faults.length >= MANY;
    this.#round = isSuspicious ? new Round() : undefined;
    if (isSuspicious) this.#report(notice("warning", undefined, ROUND));
  }

  /** The connection has ended. @param cause Why. @param now `performance.now()` */
  ended(cause: unknown, now: number): void {
    const queue = this.#round?.turn;
    this.#round = undefined;
    if (!isReadingFault(cause)) return;
    this.#faults.push(now);
    if (queue !== undefined) this.#park(queue, cause, now);
  }

  /** For how many ms a queue is still parked; 0 when it is not. @param now `performance.now()` */
  parkedMs(queue: string, now: number): number {
    return Math.max(0, (this.#parked.get(queue) ?? 0) - now);
  }

  /**
   * Resolves when a channel may consume its queue beside others, which usually is at once. Before, it
   * has consumed it alone where that is necessary.
   */
  async admit(channel: AloneChannel, queue: string): Promise<void> {
    await this.#round?.admit(channel, queue);
  }

  #park(queue: string, cause: unknown, now: number): void {
    this.#parked.set(queue, now + PARK_MS);
    this.#report(notice("error", queue, PARKED, {
      properties: { seconds: PARK_MS / 1000 },
      error: errorData(cause),
    }));
  }
}

const ROUND =
  "The connection to RabbitMQ ended again because of what was read: queues are consumed " +
  "one at a time, to find the one with the cause";
const PARKED =
  "Queue {queue} is parked for {seconds} s: the connection to RabbitMQ ends when the first of its " +
  "events is read. Take that event out of the queue with another client";

/** The channels of one connection, consumed one after the other until all have had their turn. */
class Round {
  /** The queue that is consumed alone now. */
  turn: string | undefined;
  readonly #admissions = new Map<AloneChannel, Promise<void>>();
  #last: Promise<void> = Promise.resolve();
  #isOver = false;

  admit(channel: AloneChannel, queue: string): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const known = this.#admissions.get(channel);
    if (known) return known;
    this.#last = this.#last.then(() => this.#consumeAlone(channel, queue));
    const admission = this.#untilAllHad(channel);
    this.#admissions.set(channel, admission);
    return admission;
  }

  async #consumeAlone(channel: AloneChannel, queue: string): Promise<void> {
    this.turn = queue;
    try {
      await channel.consumeOne(TURN_MS);
    } catch {
      // The channel was closed.
    } finally {
      this.turn = undefined;
    }
  }

  async #untilAllHad(channel: AloneChannel): Promise<void> {
    const last = this.#last;
    await last;
    await within(GATHER_MS, channel.ended.promise);
    if (last !== this.#last) return await this.#untilAllHad(channel);
    this.#isOver = true;
  }
}
