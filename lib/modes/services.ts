/**
 * The services that commands use, so that tests can replace them.
 *
 * @module
 */

import type { Asking } from "../command_line/terminal/confirm.ts";
import type { Broker } from "../engine/broker/broker.ts";
import type { Config } from "../config/config.ts";
import type { WorkerDescription } from "../engine/executor/executor.ts";
import { type ShardFunction, unsharded } from "../engine/host/shards.ts";
import { failedQueueName } from "../engine/settle/retry.ts";
import { unknownQueue } from "../errors/usage_error.ts";
import type { ClockReading } from "../system/clock_reading.ts";

/** A queue that has a worker, and the worker's file. */
export interface KnownQueue {
  readonly name: string;
  readonly file: string;
}

/** What came of loading a worker. */
export interface WorkerTrial {
  /** Whether `--all` runs it, if it lacks no setting. */
  readonly isActive: boolean;
  /** The settings that it requires. */
  readonly requires: readonly string[];
  /** Those of them that are not set. */
  readonly missing: readonly string[];
  /** Whether the database is a Zulip server's, and the worker must not run there. */
  readonly isMisplaced?: boolean;
  /** Paths within its events whose values are never shown. */
  readonly secrets: readonly string[];
  /** How long its events may be here; left out where it did not load. */
  readonly limits?: Pick<WorkerDescription, "maxConsumeSeconds" | "batch">;
  /** Why it cannot be run, if it cannot. */
  readonly problem?: string;
}

/** The services of a command that runs no queue. */
export interface Services {
  /** The queues that have a worker. @param workersDir A folder of your own workers, if any. */
  listQueues(workersDir?: string): Promise<readonly KnownQueue[]>;
  /** Loads a worker for its `shard`; `undefined` where it has none. */
  shardFunction(queue: KnownQueue): Promise<ShardFunction | undefined>;
  /** Loads a worker in a thread that ends then; says whether `--all` runs it, or what is wrong. */
  tryWorker(queue: KnownQueue, config: Config): Promise<WorkerTrial>;
  /**
   * Connects to the broker.
   *
   * @param name What the connection is called in the broker's lists.
   */
  openBroker(config: Config, name: string): Promise<Broker>;
  /**
   * Checks the file of the embedded broker for damage; says how far that came where it takes longer
   * than 10 s, else `undefined`.
   */
  checkEmbedded(config: Config): Promise<string | undefined>;
  /**
   * Opens and closes the database, unless that would make it, and changes nothing in it; rejects when
   * that fails.
   *
   * @returns The migrations that a SQLite database lacks.
   */
  tryDatabase(config: Config): Promise<readonly string[]>;
  /**
   * How far the clock of the database's host is from this host's; `undefined` where it is this host's
   * own. Rejects when the database cannot be reached.
   */
  databaseClock(config: Config): Promise<ClockReading | undefined>;
  /** Who uses the program, such as `ada on host a`. */
  readonly operator: string;
  /** How somebody is asked before something is changed. */
  readonly asking: Asking;
  /** Has signals end the command once what is under way is finished, until it is disposed of. */
  interruption(): Disposable & { readonly signal: AbortSignal };
  /** A line that says how far a command has come; writes nothing where there is no terminal. */
  statusLine(): Disposable & { update(text: string): void };
  /** Writes a line to stdout. */
  print(line: string): void;
  /** Writes a line to stderr. */
  warn(line: string): void;
}

/** The worker of a queue or of the queue it is a shard of, if there is one. */
export function findQueue(queue: string, known: readonly KnownQueue[]): KnownQueue | undefined {
  return known.find(({ name }) => name === queue) ??
    known.find(({ name }) => name === unsharded(queue));
}

/**
 * Checks that a queue has a worker here, or is on the broker, itself or its queue of dead letters.
 *
 * @throws {UsageError} When it is not.
 */
export async function requireOnBroker(
  broker: Broker,
  queue: string,
  known: readonly KnownQueue[],
): Promise<void> {
  if (findQueue(queue, known)) return;
  if (await broker.depth(failedQueueName(queue)) || await broker.depth(queue)) return;
  throw unknownQueue(queue, known.map(({ name }) => name));
}
