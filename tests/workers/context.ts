/**
 * Runs the handlers of workers without an engine.
 *
 * @module
 */

import type { Config } from "../../lib/config.ts";
import { type Database, openDatabase } from "../../lib/database/database.ts";
import type { BatchContext, BatchWorker, SingleWorker, Worker } from "../../lib/worker.ts";

/** A context for handlers, and the warnings they logged. */
export interface TestContext extends BatchContext, AsyncDisposable {
  readonly warnings: string[];
}

/** What a test may choose. */
export interface TestContextOptions {
  readonly queue: string;
  readonly databaseUrl?: string;
  readonly testFile?: string;
}

/** A context whose database is opened when a handler asks for it, as the engine's is. */
export function contextFor(options: TestContextOptions): TestContext {
  const { queue, databaseUrl = "sqlite::memory:", testFile = "" } = options;
  const warnings: string[] = [];
  let opened: Database | undefined;
  const event = { id: undefined, attempt: 1, publishedAt: undefined };
  return {
    ...{ queue, workerNum: 0, event, events: [event], warnings },
    config: { testFile, databaseUrl } as Config,
    log: {
      debug: () => {},
      info: () => {},
      warn: (message, properties) => void warnings.push(fill(message, properties)),
      error: () => {},
    },
    publish: () => Promise.reject(new Error("Nothing is to be published")),
    database: async () => opened ??= await openDatabase(databaseUrl),
    report: () => {},
    signal: new AbortController().signal,
    [Symbol.asyncDispose]: async () => await opened?.destroy(),
  };
}

function fill(message: string, properties: Record<string, unknown> = {}): string {
  return message.replace(/\{(\w+)\}/g, (_, name) => String(properties[name]));
}

/** The same context for events with these ids. */
export function withIds(
  context: TestContext,
  ids: readonly (string | undefined)[],
): BatchContext {
  const events = ids.map((id) => ({ id, attempt: 1, publishedAt: undefined }));
  return { ...context, events };
}

/** Parses bodies and hands them to a worker as one batch. */
export async function runBatch<Event>(
  worker: Worker<Event>,
  bodies: readonly unknown[],
  context: BatchContext,
): Promise<void> {
  const events = bodies.map((body) => worker.event.parse(body));
  await (worker as BatchWorker<Event>).consumeBatch(events, context);
}

/** Parses a body and hands it to a worker. */
export async function runOne<Event>(
  worker: Worker<Event>,
  body: unknown,
  context: TestContext,
): Promise<void> {
  await (worker as SingleWorker<Event>).consume(worker.event.parse(body), context);
}
