/**
 * Sifting a queue: each event that is ready is looked at once, in order, and stays, is moved or is
 * dropped. What every broker does alike is here: the bounds, the rate, the counts.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { setTimeout as delay } from "node:timers/promises";
import type { EventProperties, StoredEvent } from "./event.ts";

/** An event that leaves its queue. */
export type Removal =
  /** It is deleted. */
  | { readonly drop: true }
  /** It is stored at the end of the queue `move` and confirmed there, before it leaves this one. */
  | {
    readonly move: string;
    readonly properties: EventProperties;
    /** @default {the event's own} */
    readonly body?: Uint8Array;
  };

/**
 * Decides about one event. It must not keep many of them: a queue may hold a million, and a body may be
 * a part of a larger buffer.
 */
export type Decide = (event: StoredEvent) => "keep" | Removal;

/** An event that leaves its queue, and how. */
export interface Match {
  readonly event: StoredEvent;
  readonly removal: Removal;
}

/** How far a sift has come. */
export interface SiftProgress {
  /** Events that were looked at. */
  readonly scanned: number;
  /** Events that were ready when it started. Later ones are not touched. */
  readonly of: number;
  /** Events that have left the queue. */
  readonly removed: number;
}

/** The end of a sift. */
export interface SiftResult extends SiftProgress {
  /** Whether it looked as far as it was asked to, and all that was decided was carried out. */
  readonly complete: boolean;
  /** Why it stopped before; `undefined` also where it was aborted or its time was over. */
  readonly failure?: unknown;
}

/** The bounds of a sift, and who hears of it. */
export interface SiftOptions {
  /** How many events to look at, at most. @default {all that are ready} */
  readonly scan?: number;
  /** How many events may leave the queue. @default {all} */
  readonly limit?: number;
  /** How many events leave the queue in a second, at most. @default {no bound} */
  readonly ratePerSecond?: number;
  /**
   * Called with up to 100 events before they leave the queue, such as to write them to a file. They
   * leave it when the promise has resolved; where it rejects, they and all others stay.
   */
  readonly beforeRemoval?: (matches: readonly Match[]) => Promise<void>;
  /** Ends the sift once what is under way is confirmed. */
  readonly signal?: AbortSignal;
  /** Called after every 1,000 events that were looked at, and whenever events have left. */
  readonly onProgress?: (progress: SiftProgress) => void;
  /**
   * Called before what was kept is looked at once more, from the first event on, with how many have left
   * the queue.
   */
  readonly onRestart?: (removed: number) => void;
  /**
   * Whether to look where each look counts towards the queue's delivery limit, so that the broker
   * drops an event that was looked at too often. @default {false}
   */
  readonly countsDelivery?: boolean;
}

/** The most matches that are held before they are carried out. */
const MAX_HELD = 10_000;
/** The most bytes of them. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** For how long matches are held at most when there is a rate, in seconds. */
const MAX_PACED_SECONDS = 600;
/** How many events leave the queue together. A crash duplicates as many at most. */
const CHUNK = 100;
const PROGRESS_EVERY = 1000;

/** What became of some events that were to leave the queue. */
export interface CarriedOut {
  /** How many have left it. */
  readonly removed: number;
  /** Why the others have not, where that is an error. */
  readonly failure?: unknown;
}

/** A match and what its broker knows it by. */
export interface Held<Handle> extends Match {
  readonly handle: Handle;
}

/** One sift: what is looked at, held and carried out. A broker feeds it events in passes. */
export class SiftRun<Handle> {
  /** Events that were ready when it started. */
  readonly of: number;
  readonly #decide: Decide;
  readonly #options: SiftOptions;
  /** The events to look at, counted from the first; fewer once the queue has run out. */
  #end: number;
  /** How many events the last pass has left behind or removed. */
  #position = 0;
  #furthest = 0;
  #removed = 0;
  #held: Held<Handle>[] = [];
  #heldBytes = 0;
  #nextAt = 0;
  #failure: { readonly error: unknown; readonly isThrown: boolean } | undefined;

  /** @param of How many events are ready now. */
  constructor(of: number, decide: Decide, options: SiftOptions) {
    this.of = of;
    this.#end = Math.min(of, options.scan ?? Infinity);
    this.#decide = decide;
    this.#options = options;
  }

  /** Events that have left the queue. */
  get removed(): number {
    return this.#removed;
  }

  /** How many events are still to be looked at in this pass. */
  get left(): number {
    return this.isOver ? 0 : this.#end - this.#position;
  }

  /** Whether no further event is looked at, in this pass or another. */
  get isOver(): boolean {
    const { limit = Infinity, signal } = this.#options;
    return this.#failure !== undefined || signal?.aborted === true ||
      this.#position >= this.#end || this.#removed + this.#held.length >= limit;
  }

  /** Whether there are matches to carry out, and nothing has stopped it. */
  get hasWork(): boolean {
    const isStopped = this.#failure !== undefined || this.#options.signal?.aborted === true;
    return this.#held.length > 0 && !isStopped;
  }

  /** Whether what is held should be carried out before more is looked at. */
  get isFull(): boolean {
    const { ratePerSecond = Infinity } = this.#options;
    const most = Math.min(MAX_HELD, Math.ceil(ratePerSecond * MAX_PACED_SECONDS));
    return this.#held.length >= most || this.#heldBytes >= MAX_HELD_BYTES;
  }

  /** The events that wait to be carried out. */
  get held(): readonly Held<Handle>[] {
    return this.#held;
  }

  /** How long it takes to carry out what is held, at the rate, in seconds. */
  get pacedSeconds(): number {
    return this.#held.length / (this.#options.ratePerSecond ?? Infinity);
  }

  /** Looks at the next event. Ignores it when the sift is over. @param handle Names it to the broker. */
  look(event: StoredEvent, handle: Handle): void {
    if (this.isOver) return;
    try {
      const removal = this.#decide(event);
      if (removal !== "keep") this.#hold({ event, removal, handle });
    } catch (error) {
      this.#failure = { error, isThrown: true };
      return;
    }
    this.#position++;
    this.#furthest = Math.max(this.#furthest, this.#position);
    if (this.#position % PROGRESS_EVERY === 0) this.#tell();
  }

  /** Notes that the queue holds no more events: others have taken some. */
  ranOut(): void {
    this.#end = Math.min(this.#end, this.#position);
  }

  /** Notes why it stops; the first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error, isThrown: false };
  }

  /** Starts at the queue's first event again: all that were kept are looked at once more. */
  restart(): void {
    this.#options.onRestart?.(this.#removed);
    this.#position = this.#removed;
    this.#held = [];
    this.#heldBytes = 0;
  }

  /**
   * Carries out what is held, in order, at the rate. Stops at an abort and at a failure.
   *
   * @param carry Removes up to 100 events from the queue.
   */
  async carryOut(carry: (chunk: readonly Held<Handle>[]) => Promise<CarriedOut>): Promise<void> {
    while (this.#held.length > 0 && !this.#failure) {
      const chunk = this.#held.slice(0, this.#chunkSize);
      if (!await this.#pace(chunk.length)) return;
      try {
        await this.#options.beforeRemoval?.(chunk);
        const { removed, failure } = await carry(chunk);
        this.#removed += removed;
        if (failure !== undefined) this.fail(failure);
      } catch (error) {
        this.fail(error);
      }
      if (!this.#failure) this.#held.splice(0, chunk.length);
      this.#tell();
    }
    if (this.#held.length === 0) this.#heldBytes = 0;
  }

  /** How it ended. @throws What `decide` has thrown. */
  result(): SiftResult {
    if (this.#failure?.isThrown) throw this.#failure.error;
    const { limit = Infinity } = this.#options;
    const isThrough = this.#position >= this.#end || this.#removed >= limit;
    const complete = isThrough && this.#held.length === 0 && !this.#failure;
    const failure = this.#failure && { failure: this.#failure.error };
    return { ...this.#progress, complete, ...failure };
  }

  get #progress(): SiftProgress {
    return { scanned: this.#furthest, of: this.of, removed: this.#removed };
  }

  get #chunkSize(): number {
    const tenth = Math.round((this.#options.ratePerSecond ?? Infinity) / 10);
    return Math.max(1, Math.min(CHUNK, tenth));
  }

  /** Holds a copy of the body, which may be a part of a larger buffer. */
  #hold({ event, ...match }: Held<Handle>): void {
    const body = Buffer.from(event.body);
    this.#held.push({ ...match, event: { ...event, body } });
    this.#heldBytes += body.length;
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress);
  }

  /** Waits until the rate allows some more events. @returns Whether it was not aborted. */
  async #pace(count: number): Promise<boolean> {
    const { ratePerSecond, signal } = this.#options;
    if (ratePerSecond !== undefined) {
      const now = performance.now();
      const wait = this.#nextAt - now;
      this.#nextAt = Math.max(now, this.#nextAt) + count / ratePerSecond * 1000;
      if (wait > 0) await delay(wait, undefined, signal ? { signal } : {}).catch(() => {});
    }
    return signal?.aborted !== true;
  }
}
