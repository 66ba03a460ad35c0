/**
 * The log of a worker.
 *
 * @module
 */

/** Where a worker writes its log lines; the queue and the event are added to each. */
export interface WorkerLog {
  /** For developers; off by default. */
  debug(message: string, properties?: Record<string, unknown>): void;
  /** What an operator may want to know. */
  info(message: string, properties?: Record<string, unknown>): void;
  /** Something is wrong, and the worker copes. */
  warn(message: string, properties?: Record<string, unknown>): void;
  /** Something is wrong and needs a person. */
  error(message: string, properties?: Record<string, unknown>): void;
}
