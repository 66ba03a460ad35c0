/**
 * The threads of a queue, one at a time: started, and ended.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import { publishEvent } from "../broker/publish.ts";
import type { Config } from "../../config/config.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { WorkerFile } from "../host/discovery.ts";
import type { ThreadNotices } from "./notices.ts";
import { type WarnOnce, warnOnce } from "./once.ts";
import { ThreadLife } from "./thread_life.ts";

/** What the threads of a queue are made of. */
export interface ThreadsOptions {
  readonly file: WorkerFile;
  /** The queue that is consumed; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  readonly broker: Broker;
  /** Shared by the queues of a process. @default {one for this queue} */
  readonly warnOnce?: WarnOnce;
  /** A thread could not be ended: the process should be restarted when that does least harm. */
  readonly onZombie?: () => void;
}

/** Holds the one thread that a queue has at a time. */
export class Threads {
  readonly #options: ThreadsOptions;
  readonly #notices: ThreadNotices;
  readonly #warnOnce: WarnOnce;
  #life: ThreadLife | undefined;
  /** The end of the thread before. */
  #ending: Promise<void> | undefined;
  #zombies = 0;
  #isClosed = false;

  /** @param notices Reports what happens to the threads. */
  constructor(options: ThreadsOptions, notices: ThreadNotices) {
    this.#options = options;
    this.#notices = notices;
    this.#warnOnce = options.warnOnce ?? warnOnce();
  }

  /** The life of the thread, if there is one. */
  get life(): ThreadLife | undefined {
    return this.#life;
  }

  /** Threads that could not be ended. */
  get zombies(): number {
    return this.#zombies;
  }

  /** MB of heap that the worker uses; `undefined` when there is no thread. */
  get heapMb(): number | undefined {
    return this.#life?.thread.heapMb;
  }

  /**
   * Starts a thread; there must be no other.
   *
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  start(maxHeapMb: number, onUnhandledError: (error: ErrorData) => void): ThreadLife {
    const { file, queue, workerNum, config, broker } = this.#options;
    const life = new ThreadLife({
      data: { file, queue, workerNum, config },
      maxHeapMb,
      publish: (queue, body) => publishEvent(broker, queue, body),
      onUnhandledError,
      onMoreUnhandledErrors: (count) => this.#notices.moreUnhandledErrors(count),
    });
    void life.thread.started.then((canBeStopped) => {
      if (!canBeStopped) this.#warnOnce(() => this.#notices.noLocks());
    });
    return this.#life = life;
  }

  /** Ends the thread, if there is one. From now on there is none, though it may go on as a zombie. */
  end(): void {
    const life = this.#life;
    this.#life = undefined;
    if (life) this.#ending = this.#endThread(life);
  }

  async #endThread({ thread }: ThreadLife): Promise<void> {
    if (await thread.stop()) return;
    this.#zombies++;
    this.#notices.zombie(this.#isClosed);
    this.#options.onZombie?.();
  }

  /**
   * Ends the thread for good, and waits until it is gone or cannot be ended.
   *
   * @param limitMs How long the worker may take to close what it opened; 0 where it opened nothing.
   * @returns Whether it has closed that.
   */
  async close(limitMs: number): Promise<boolean> {
    const thread = this.#life?.thread;
    const isClosed = !thread || limitMs === 0 || await thread.close(limitMs);
    this.#isClosed = true;
    const before = this.#ending;
    this.end();
    await Promise.all([before, this.#ending]);
    return isClosed;
  }
}
