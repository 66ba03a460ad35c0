/**
 * The kit for tests of workers, `process-queue/testing`.
 *
 * {@linkcode runEvent} runs one event and returns its outcome, the published events and the log
 * lines. {@linkcode runLoop} runs one pass of a loop. {@linkcode TestQueue} runs events from the first publish to the dead letters, on a
 * broker in memory with a clock of its own.
 *
 * @module
 */

export { FakeClock } from "./testing/clock.ts";
export { type LoopResult, runLoop, type RunLoopOptions } from "./testing/loops.ts";
export { TestQueue, type TestQueueOptions } from "./testing/queue.ts";
export type { DeadLetter, QueueResult } from "./testing/queue_events.ts";
export type {
  ErrorInfo,
  EventOutcome,
  LoggedLine,
  OutcomeName,
  PublishedEvent,
  Recorded,
} from "./testing/results.ts";
export {
  type BatchResult,
  runBatch,
  type RunBatchOptions,
  runEvent,
  type RunEventOptions,
  type RunResult,
} from "./testing/run.ts";
export { openTestDatabase, type WorkerTestOptions } from "./testing/worker_under_test.ts";
export {
  type BrokerClock,
  MemoryBroker,
  type MemoryBrokerOptions,
} from "./engine/broker/memory.ts";
