/**
 * What errors of the database mean to the workers whose every event needs it.
 *
 * @module
 */

import { isDatabaseLost, PauseQueue } from "process-queue/worker";

/** What a handler throws for an error: while the database is away, its queue waits. */
export function pauseIfLost(error: unknown): unknown {
  return isDatabaseLost(error) ? new PauseQueue({ reason: "the database", cause: error }) : error;
}
