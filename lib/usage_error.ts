/**
 * Mistakes in what the user typed.
 *
 * @module
 */

import { didYouMean } from "./spelling.ts";

/** The command line cannot be carried out as it was typed; the program ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The error for a queue that has no worker: names it, the nearest one and all there are.
 *
 * @param queue What was typed.
 * @param known The queues there are.
 */
export function unknownQueue(
  queue: string,
  known: readonly string[],
): UsageError {
  const all = known.length > 0 ? `queues: ${[...known].sort().join(", ")}` : "there are no workers";
  const own = "a worker of your own is the file <queue>.ts in the folder of --workers-dir " +
    "(or WORKERS_DIR)";
  return new UsageError(`there is no queue ${queue}${didYouMean(queue, known)}\n${all}\n${own}`);
}
