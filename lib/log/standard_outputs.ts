/**
 * The outputs of this process: standard error for logs, standard output for results.
 *
 * @module
 */

import { Output } from "./output.ts";
import { type StandardFd, standardStream } from "./stream.ts";

/** How long the end of the process waits for the readers of its outputs, in ms. */
const FLUSH_MS = 2000;

/** One for each stream of the process, as each must be written in one order. */
const outputs = new Map<StandardFd, Output>();

/**
 * The output to standard output (1) or standard error (2) of this process. Only the main thread may
 * use it: a thread that waits for a stream could not be stopped.
 */
export function outputTo(fd: StandardFd): Output {
  const known = outputs.get(fd);
  if (known) return known;
  const output = new Output(standardStream(fd));
  outputs.set(fd, output);
  return output;
}

/** Opens both outputs. Call this before permissions are revoked: see {@linkcode standardStream}. */
export function openOutputs(): Readonly<Record<StandardFd, Output>> {
  return { 1: outputTo(1), 2: outputTo(2) };
}

/** Writes everything that was given to the outputs, for at most 2 s. */
export async function flushOutputs(): Promise<void> {
  await Promise.all([...outputs.values()].map((output) => output.flush(FLUSH_MS)));
}
