/**
 * What a worker's thread and a thread of its own send each other.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { ErrorData } from "../../errors/error_data.ts";

/** What an inner thread is started with. */
export interface InnerData {
  /** The URL of its module. */
  readonly module: string;
  /** The queue of the worker. */
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  /** The memory of its `Pulse`. */
  readonly pulse: SharedArrayBuffer;
  /** The memory of its `LineRing`. */
  readonly lines: SharedArrayBuffer;
}

/** To an inner thread. */
export type ToInner =
  /** Call the function. */
  | readonly [kind: "run", input: unknown]
  /** Abort the signal of the call. */
  | readonly [kind: "abort", reason: ErrorData];

/** From an inner thread. */
export type FromInner =
  /** Its module is loaded. */
  | readonly [kind: "loaded"]
  /** Its module is not loaded. */
  | readonly [kind: "not loaded", problem: string]
  | readonly [kind: "progress", value: unknown]
  | readonly [kind: "returned", value: unknown]
  | readonly [kind: "threw", error: ErrorData]
  /** Something threw outside of the call. */
  | readonly [kind: "unhandled error", error: ErrorData]
  | readonly [kind: "heap full"];

const KINDS: ReadonlySet<unknown> = new Set(
  Object.keys(
    {
      loaded: true,
      "not loaded": true,
      progress: true,
      returned: true,
      threw: true,
      "unhandled error": true,
      "heap full": true,
    } satisfies Record<FromInner[0], true>,
  ),
);

/** Whether it is one of these messages: a module, or a library of its, may send anything. */
export function isFromInner(message: unknown): message is FromInner {
  return Array.isArray(message) && KINDS.has(message[0]);
}
