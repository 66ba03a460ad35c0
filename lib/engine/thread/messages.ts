/**
 * What the main thread and a worker's thread send each other: arrays of strings and numbers, which
 * cost a fraction of what objects cost.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { LogLevel } from "../../log/log.ts";
import type { Outcome } from "../settle/outcome.ts";
import type { RunTime, WorkerDescription } from "../executor/executor.ts";
import type { PassMessage } from "./passes.ts";
import type { SharedMemory } from "./shared_runs.ts";

/** What a thread is started with. */
export interface ThreadData {
  /** The worker's file, and the queue it is named after. */
  readonly file: { readonly name: string; readonly file: string };
  /** The queue it consumes; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  /** The memory of its `Pulse`. */
  readonly pulse: SharedArrayBuffer;
  /** The file of its `LivenessLock`. */
  readonly livenessLock: string;
  /** The memory of its `LineRing`. */
  readonly lines: SharedArrayBuffer;
}

/** Jobs as parallel arrays. */
export type JobsMessage = readonly [
  kind: "jobs",
  /** `performance.now()` of the main thread. */
  now: number,
  seqs: readonly number[],
  bodies: readonly string[],
  ids: readonly string[],
  /** Empty where each attempt is the first, as nearly always. */
  attempts: readonly number[],
  /** Of the first job, or 0. */
  publishedAt: number,
  /** How much later each job was published: small numbers cost less than times. */
  publishedLater: readonly number[],
  /** Empty where no operator has put any of them back, as nearly always. */
  retriedAt: readonly number[],
  /** By the main thread's clock. Empty where it does not matter: only batches need it. */
  receivedAt: readonly number[],
  /** Whether it is one job that must run alone. */
  alone: boolean,
];

/** From the main thread. */
export type ToThread =
  | JobsMessage
  /** Open what the worker needs. The description counts, whatever the worker's file says by now. */
  | readonly [kind: "setup", now: number, memory: SharedMemory, description: WorkerDescription]
  /** Release what came before a time, by the main thread's clock, and has not been started. */
  | readonly [kind: "recall", receivedBefore: number]
  /** Begin the loops. What must run alone was sent before. */
  | readonly [kind: "loops"]
  /** Abort the passes of loops, and begin no more. */
  | readonly [kind: "stop loops"]
  /** Finish what runs within a time, and release the rest; stop the loops. */
  | readonly [kind: "stop", graceMs: number]
  /** Close what was opened. */
  | readonly [kind: "close"]
  /** Log from another level on. */
  | readonly [kind: "log level", level: LogLevel]
  /** What became of a publish: `null` when it is confirmed. */
  | readonly [kind: "published", number: number, error: PublishFailure | null];

/** Why a publish was not confirmed. */
export interface PublishFailure extends ErrorData {
  /** The kind of a `BrokerError`. */
  readonly brokerKind?: string;
}

/** From a worker's thread, about its jobs. */
export type JobsAnswer =
  /** Jobs went well: they are in the shared memory. */
  | 0
  | readonly [kind: "outcome", seq: number, outcome: Outcome, time: RunTime]
  /** What ran has ended, and the rest is released. */
  | readonly [kind: "stopped"];

/** What a worker's file says about the worker. */
export interface Described {
  readonly description: WorkerDescription;
  /** Whether `--all` runs it. */
  readonly isActive: boolean;
  /** Whether the database is a Zulip server's, and the worker must not run there. */
  readonly isMisplaced: boolean;
}

/** From a worker's thread. */
export type FromThread =
  | JobsAnswer
  | PassMessage
  /**
   * The thread runs, and holds its liveness lock. `task` is its path below `/proc` where the lock
   * cannot be tried, else `""`.
   */
  | readonly [kind: "started", task: string]
  | readonly [kind: "described", described: Described]
  | readonly [kind: "ready"]
  /** Its worker could not be loaded or set up. */
  | readonly [kind: "failed", error: ErrorData]
  /** Something threw outside of any event. */
  | readonly [kind: "unhandled error", error: ErrorData]
  /** How many more unhandled errors there were than were sent. */
  | readonly [kind: "more unhandled errors", count: number]
  | readonly [kind: "heap full"]
  | readonly [kind: "closed"]
  /** The id is empty where the event gets a UUID. */
  | readonly [kind: "publish", number: number, queue: string, body: string, id: string];

type Shape = readonly ("object" | "number" | "string" | "boolean")[];

/** What follows the kind of a message, by the kind. */
const SHAPES: Readonly<Record<string, Shape>> = {
  started: ["string"],
  described: ["object"],
  ready: [],
  failed: ["object"],
  outcome: ["number", "object", "object"],
  "unhandled error": ["object"],
  "more unhandled errors": ["number"],
  "heap full": [],
  stopped: [],
  closed: [],
  publish: ["number", "string", "string", "string"],
  "pass began": ["string", "number"],
  "pass ended": ["string"],
  "pass failed": ["string", "object", "number"],
} satisfies Record<Exclude<FromThread, 0>[0], Shape>;

/** Whether it is one of these messages: a worker, or a library of its, may send anything. */
export function isFromThread(message: unknown): message is FromThread {
  if (message === 0) return true;
  if (!Array.isArray(message)) return false;
  const [kind, ...rest] = message;
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  return shape?.length === rest.length &&
    shape.every((type, at) => typeof rest[at] === type && rest[at] !== null);
}
