/**
 * Pausing, resuming and restarting a queue in the processes of a host.
 *
 * @module
 */

/** What can be done to a queue. */
export type QueueAction = "pause" | "resume" | "restart";

/** What came of it in one process. */
export interface QueueActionResult {
  /** `null` where no process runs the queue, and its pause was lifted in the file. */
  readonly pid: number | null;
  readonly host: string | null;
  readonly queue: string;
  readonly ok: boolean;
  /** The state of the queue in the process. */
  readonly state: string | null;
  readonly consumers_elsewhere: number | null;
  readonly error: string | null;
}
