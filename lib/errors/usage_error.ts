/**
 * Errors of the command line.
 *
 * @module
 */

import { didYouMean } from "./spelling.ts";

/** The command line is wrong; the program exits with code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The error for a queue that has no worker: names it, the nearest one and all there are.
 *
 * @param queue The queue as typed.
 * @param known The queues that exist.
 * @param hint What to add, with its `;`. @default {the nearest queue}
 */
export function unknownQueue(
  queue: string,
  known: readonly string[],
  hint: string = didYouMean(queue, known),
): UsageError {
  return new UsageError(`there is no queue ${queue}${hint}\n${knownQueues(known)}`);
}

/** The error for queues of which none has a worker, though those without one are skipped. */
export function nothingLeft(skipped: readonly string[], known: readonly string[]): UsageError {
  const names = [...skipped].join(", ");
  return new UsageError(
    `no queue is left to run: --skip-unknown skips all that are named (${names})\n` +
      knownQueues(known),
  );
}

/** The error for a command line without a task: names the tasks. */
export function nothingToDo(known: readonly string[]): UsageError {
  return new UsageError(
    "nothing to do: name a queue with --queue_name, several with --multi_threaded, run all with " +
      "--all, or give a command (publish, failed, migrate, seed, check-config, recover, mail, push, " +
      "status, pause, resume, restart, log-level, health, queues, check, " +
      `deliver-scheduled-emails, enqueue-digest-emails)\n${knownQueues(known)}`,
  );
}

function knownQueues(known: readonly string[]): string {
  const all = known.length > 0 ? `queues: ${[...known].sort().join(", ")}` : "there are no workers";
  return `${all}\na worker of your own is the file <queue>.ts in the folder of --workers-dir ` +
    "(or WORKERS_DIR)";
}
