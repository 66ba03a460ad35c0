/**
 * Runs events of the worker `test` in a program of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runEvent } from "process-queue/testing";
import type { Worker } from "process-queue/worker";

/** Where events are appended. */
export interface TestContext extends AsyncDisposable {
  readonly testFile: string;
}

/** What an event is run with. */
export function contextFor(options: { queue: string; testFile: string }): TestContext {
  return { testFile: options.testFile, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Runs an event that must be done. */
export async function runOne(worker: Worker, event: unknown, context: TestContext): Promise<void> {
  const environment = { ZULIP_WORKER_TEST_FILE: context.testFile };
  const { outcome, error } = await runEvent(worker, event, { environment });
  assert.equal(outcome, "done", error?.message);
}
