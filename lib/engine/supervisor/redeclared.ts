/**
 * A worker's file that was changed while its queue is consumed.
 *
 * @module
 */

import { WorkerDeclarationError, type WorkerFile } from "../host/discovery.ts";
import type { WorkerDescription } from "../executor/executor.ts";

/**
 * Whether a worker is declared with other numbers than at first, by which it is run on.
 *
 * @param first What it was when its queue was first consumed. @param now What its file says now.
 * @throws {WorkerDeclarationError} When it cannot be run by them.
 */
export function isRedeclared(
  { file }: WorkerFile,
  first: WorkerDescription,
  now: WorkerDescription,
): boolean {
  if (!first.batch !== !now.batch) {
    const [was, is] = first.batch ? ["in batches", "one by one"] : ["one by one", "in batches"];
    throw new WorkerDeclarationError(
      `${file} takes its events ${is}, and took them ${was} when this process began: restart the ` +
        `process (SIGUSR1)`,
    );
  }
  return numbers(first) !== numbers(now);
}

/** The heap's size counts at each start of a thread. */
function numbers(description: WorkerDescription): string {
  return JSON.stringify({ ...description, maxHeapMb: 0 });
}
