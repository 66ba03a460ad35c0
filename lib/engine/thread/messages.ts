/**
 * What the main thread and a worker's thread send each other: arrays of strings and numbers, which
 * cost a fraction of what objects cost.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { Outcome } from "../settle/outcome.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import type { SharedMemory } from "./shared_runs.ts";

/** What a thread is born with. */
export interface ThreadData {
  /** The worker's file and the name it goes by. */
  readonly file: { readonly name: string; readonly file: string };
  /** The queue it consumes; with shards, the shard. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  /** Of a `Pulse`. */
  readonly pulse: SharedArrayBuffer;
  /** The file whose lock it holds for as long as it lives, also when nobody can end it. */
  readonly lifeFile: string;
}

/** Jobs as parallel arrays. */
export type JobsMessage = readonly [
  kind: "jobs",
  /** `performance.now()` of the main thread. */
  now: number,
  seqs: readonly number[],
  bodies: readonly string[],
  ids: readonly string[],
  /** Empty where each is the first, as nearly always. */
  attempts: readonly number[],
  /** Of the first, or 0. */
  publishedAt: number,
  /** By how much each was published later: small numbers cost less than times. */
  publishedLater: readonly number[],
  /** By the main thread's clock; empty where it does not matter, which is but for batches. */
  receivedAt: readonly number[],
  /** All of them, which is then one. */
  alone: boolean,
];

/** From the main thread. */
export type ToThread =
  | JobsMessage
  /** Open what the worker needs; these numbers count, whatever its file says by now. */
  | readonly [kind: "setup", now: number, memory: SharedMemory, description: WorkerDescription]
  /** Give back what came before a time, by the main thread's clock, and has not been started. */
  | readonly [kind: "recall", receivedBefore: number]
  /** Finish what runs within so many ms, give back the rest. */
  | readonly [kind: "stop", graceMs: number]
  /** Close what was opened. */
  | readonly [kind: "close"]
  /** What became of a publish: `null` when it is confirmed. */
  | readonly [kind: "published", number: number, error: PublishFailure | null];

/** Why a publish was not confirmed. */
export interface PublishFailure extends ErrorData {
  /** The kind of a `BrokerError`. */
  readonly brokerKind?: string;
}

/** From a worker's thread. */
export type FromThread =
  /** Jobs went well: they are in the shared memory. */
  | 0
  /** It lives; where its lock cannot be tried it is this task, else `""`. @see WorkerThread.stop */
  | readonly [kind: "born", canBeStopped: boolean, task: string]
  | readonly [kind: "described", description: WorkerDescription, isActive: boolean]
  | readonly [kind: "ready"]
  /** What it was told to do at its start did not work. */
  | readonly [kind: "failed", error: ErrorData]
  | readonly [kind: "outcome", seq: number, outcome: Outcome, startedAt: number, runMs: number]
  /** Something threw outside of any event. */
  | readonly [kind: "stray", error: ErrorData]
  /** So many more threw than were told. */
  | readonly [kind: "more strays", count: number]
  | readonly [kind: "heap full"]
  | readonly [kind: "stopped"]
  | readonly [kind: "closed"]
  | readonly [kind: "publish", number: number, queue: string, body: string];

type Shape = readonly ("object" | "number" | "string" | "boolean")[];

/** What follows the kind of a message, by the kind. */
const SHAPES: Readonly<Record<string, Shape>> = {
  born: ["boolean", "string"],
  described: ["object", "boolean"],
  ready: [],
  failed: ["object"],
  outcome: ["number", "object", "number", "number"],
  stray: ["object"],
  "more strays": ["number"],
  "heap full": [],
  stopped: [],
  closed: [],
  publish: ["number", "string", "string"],
} satisfies Record<Exclude<FromThread, 0>[0], Shape>;

/** Whether it is one of these messages: a worker, or a library of its, may send what it likes. */
export function isFromThread(message: unknown): message is FromThread {
  if (message === 0) return true;
  if (!Array.isArray(message)) return false;
  const [kind, ...rest] = message;
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  return shape?.length === rest.length &&
    shape.every((type, at) => typeof rest[at] === type && rest[at] !== null);
}
