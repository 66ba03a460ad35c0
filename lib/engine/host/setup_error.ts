/**
 * What a worker's `setup` threw, for the person who runs it.
 *
 * @module
 */

import { dirname } from "node:path";
import { errorData } from "../../errors/error_data.ts";
import { frameIn } from "../../system/frames.ts";

/** A worker's `setup` threw; the message has the place in the worker's code. */
export class WorkerSetupError extends Error {
  override readonly name = "WorkerSetupError";
}

/** Errors whose message says all there is to do. */
const CLEAR: ReadonlySet<string> = new Set([
  "ConfigError",
  "DatabaseError",
  "WorkerDeclarationError",
]);

/**
 * The error to report for one that a worker's `setup` threw, with its stack.
 *
 * @param file The worker's file.
 * @returns The error itself where its message needs no place in the code.
 */
export function setupError(queue: string, file: string, error: unknown): unknown {
  const { name, message, stack } = errorData(error);
  if (CLEAR.has(name)) return error;
  const text = `The setup of ${queue} threw: ${name}: ${message}${placeOf(file, stack)}`;
  return Object.assign(new WorkerSetupError(text, { cause: error }), { stack: stack ?? text });
}

/** The place in a worker's code where an error was thrown, as the end of a sentence; or `""`. */
export function placeOf(file: string, stack: string | undefined): string {
  const place = frameIn(dirname(file), stack);
  return place === undefined ? "" : ` (${place})`;
}
