/**
 * What a worker uses on the database beside its own tables, as `process-queue/database`: records of
 * effects that must not be made twice, the outbox, and jobs.
 *
 * @module
 */

export type { Database, Tables } from "./domain/database/tables.ts";
export {
  DatabaseError,
  type DatabaseErrorKind,
  isDatabaseLost,
} from "./domain/database/database_error.ts";
export { isPostgres } from "./domain/database/dialect.ts";
export { inTransaction } from "./domain/database/transaction.ts";
export {
  type BeginOptions,
  Effects,
  type EffectsOptions,
  type StepState,
} from "./domain/database/effects.ts";
export {
  type OutboxContext,
  type OutboxLoop,
  outboxLoop,
  type OutboxLoopContext,
  type OutboxLoopOptions,
  type PublishWithTransaction,
  withOutbox,
} from "./domain/database/outbox.ts";
export { addJob, type Job, type NewJob } from "./domain/database/jobs.ts";
export {
  type JobContext,
  type JobLoop,
  jobLoop,
  type JobLoopOptions,
  type JobThread,
  type JobType,
} from "./domain/database/job_loop.ts";
