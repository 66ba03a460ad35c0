/**
 * How jobs cross from the main thread to a worker's thread, written and read.
 *
 * @module
 */

import type { Job } from "../executor/executor.ts";
import type { JobsMessage } from "./messages.ts";

/** The cell of a job that does not run. */
export const NO_CELL = -1;

/** A job in its thread. */
export interface ThreadJob extends Job {
  /** Its number, by which the main thread knows it. */
  readonly seq: number;
  /** Its cell in the table of what runs. */
  cell: number;
}

/**
 * Writes jobs, at least one.
 *
 * @param seqs Their numbers.
 * @param isBatch Whether their worker takes batches, and so needs to know when they were received.
 */
export function jobsMessage(
  jobs: readonly Job[],
  seqs: readonly number[],
  isBatch: boolean,
): JobsMessage {
  const isExact = jobs.every(({ publishedAt }) => Number.isSafeInteger(publishedAt));
  const published = isExact ? jobs[0]?.publishedAt ?? 0 : 0;
  return [
    "jobs",
    performance.now(),
    seqs,
    jobs.map(({ body }) => body),
    jobs.map(({ id }) => id),
    jobs.every(({ attempt }) => attempt === 1) ? [] : jobs.map(({ attempt }) => attempt),
    published,
    jobs.map(({ publishedAt }) => publishedAt - published),
    jobs.every(({ retriedAt }) => retriedAt === 0) ? [] : jobs.map(({ retriedAt }) => retriedAt),
    isBatch ? jobs.map(({ receivedAt }) => receivedAt) : [],
    jobs[0]?.alone ?? false,
  ];
}

/** The time at which a message with jobs was sent, by the main thread's clock. */
export function sentAt(message: JobsMessage): number {
  return message[1];
}

/** Whether a message is one job that must run with nothing beside it. */
export function isAlone(message: JobsMessage): boolean {
  return message[10];
}

/**
 * Reads jobs.
 *
 * @param now `performance.now()`
 * @param offset What turns this thread's clock into the main thread's, in ms.
 */
export function jobsIn(message: JobsMessage, now: number, offset: number): ThreadJob[] {
  const [_kind, _sentAt, seqs, bodies, ids, attempts, published, publishedLater, ...rest] = message;
  const [retriedAt, receivedAt, alone] = rest;
  const isTimed = receivedAt.length > 0;
  const jobs: ThreadJob[] = [];
  for (let i = 0; i < seqs.length; i++) {
    jobs.push({
      id: ids[i] as string,
      body: bodies[i] as string,
      attempt: attempts[i] ?? 1,
      publishedAt: published + (publishedLater[i] as number),
      retriedAt: retriedAt[i] ?? 0,
      receivedAt: isTimed ? receivedAt[i] as number - offset : now,
      alone,
      seq: seqs[i] as number,
      cell: NO_CELL,
    });
  }
  return jobs;
}
