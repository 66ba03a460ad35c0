/**
 * To which queue an event goes that a worker publishes.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { discover, loadWorker } from "./discovery.ts";
import { type ShardFunction, shardOf, shardQueue } from "./shards.ts";

/** Finds the shard of events, by the function `shard` of the queue's own worker. */
export class ShardFinder {
  readonly #config: Pick<Config, "shards" | "workersDir">;
  /** By queue, only those with shards; a worker is loaded at the first event. */
  readonly #functions = new Map<string, ShardFunction>();

  /** @param config Which queues have shards, and where the workers are. */
  constructor(config: Pick<Config, "shards" | "workersDir">) {
    this.#config = config;
  }

  /**
   * The queue of an event: the shard's, where the queue has shards.
   *
   * @throws {RangeError} When the worker does not say which shard it is.
   * @throws {WorkerDeclarationError} When the queue's worker cannot be loaded.
   */
  async queueOf(queue: string, event: unknown): Promise<string> {
    const shards = this.#config.shards.get(queueKey(queue));
    if (shards === undefined) return queue;
    return shardQueue(queue, event, shards, await this.#functionOf(queue));
  }

  /** Only a function that was found is kept. */
  async #functionOf(queue: string): Promise<ShardFunction | undefined> {
    const known = this.#functions.get(queue);
    if (known) return known;
    const found = await this.#load(queue);
    if (found) this.#functions.set(queue, found);
    return found;
  }

  async #load(queue: string): Promise<ShardFunction | undefined> {
    const file = discover(this.#config.workersDir).files.find(({ name }) => name === queue);
    return file && shardOf(await loadWorker(file));
  }
}
