/**
 * Whether a worker, as its file declares it, can be run here.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import { errorData } from "../../errors/error_data.ts";
import type { Broker } from "../broker/broker.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { WorkerDeclarationError, type WorkerFile } from "../host/discovery.ts";
import {
  areNotSet,
  IN_ZULIPS,
  inZulipsError,
  missingError,
  missingSettings,
} from "../host/required.ts";
import { notice, type NoticeReport } from "../report.ts";
import type { Described } from "../thread/messages.ts";
import type { ThreadEnd } from "../thread/thread_end.ts";
import type { ThreadsOptions } from "./threads.ts";

/** The queue whose worker may not be able to run here. */
export interface LackOptions extends ThreadsOptions {
  /** Leave the queue out where its worker lacks a setting, or is not for this database. */
  readonly onlyIfActive: boolean;
  /** Leave the queue out where its worker is not for this database. @default {false} */
  readonly skipsMisplaced?: boolean;
}

/**
 * What ends the thread of a worker that lacks settings, or is not for this database: its queue is
 * left out with a notice, or it is an error.
 *
 * @param hasConsumed The queue was consumed before, by a worker that required less.
 * @returns `undefined` where it lacks none.
 * @throws {WorkerDeclarationError} When it requires a setting that there is not.
 */
export async function lackOf(
  described: Pick<Described, "description" | "isMisplaced">,
  { file, queue, config, broker, report, onlyIfActive, skipsMisplaced = false }: LackOptions,
  hasConsumed: boolean,
): Promise<ThreadEnd | undefined> {
  const missing = missingSettings(described.description, file, config);
  if (missing.length === 0 && !described.isMisplaced) return undefined;
  const mayLeave = onlyIfActive || (skipsMisplaced && missing.length === 0);
  if (!mayLeave || hasConsumed) {
    const thrown = missing.length > 0 ? missingError(queue, missing) : inZulipsError(queue);
    return { kind: "not started", error: errorData(thrown), thrown };
  }
  report(leftOutNotice(queue, missing, await waitingIn(broker, queue)));
  return { kind: "inactive" };
}

/** `undefined` where the broker does not say. */
async function waitingIn(broker: Broker, queue: string): Promise<number | undefined> {
  try {
    return (await broker.depth(queue))?.ready ?? 0;
  } catch {
    return undefined;
  }
}

/**
 * The line about a queue that `--all` leaves out: a warning, unless nothing waits in it.
 *
 * @param missing The settings that its worker lacks; where it lacks none, it is not for the database.
 */
export function leftOutNotice(
  queue: string,
  missing: readonly string[],
  waiting: number | undefined,
): NoticeReport {
  const count = waiting === undefined ? "" : ` (${waitingText(waiting)})`;
  const lack = missing.length > 0 ? areNotSet(missing) : IN_ZULIPS;
  const message = `Queue {queue} is left out: ${lack}${count}`;
  const properties = {
    settings: missing.length > 0 ? missing : ["DATABASE_URL"],
    ...(waiting === undefined ? {} : { waiting }),
  };
  return notice(waiting === 0 ? "info" : "warning", queue, message, { properties });
}

function waitingText(count: number): string {
  return `${count === 0 ? "no events" : counted(count, "event")} ${count === 1 ? "waits" : "wait"}`;
}

/** A worker that took single events cannot take batches in the same process, nor the other way. */
export function checkBatch(
  { file }: WorkerFile,
  first: WorkerDescription,
  now: WorkerDescription,
): void {
  if (!first.batch === !now.batch) return;
  const [was, is] = first.batch ? ["in batches", "one by one"] : ["one by one", "in batches"];
  throw new WorkerDeclarationError(
    `${file} takes its events ${is}, but took them ${was} when this process started: restart the ` +
      `process (SIGUSR1)`,
  );
}
