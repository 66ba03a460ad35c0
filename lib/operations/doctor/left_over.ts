/**
 * What processes that have ended left in STATE_DIR, and pauses that nobody needs any more.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import type { StoredPause } from "../paused.ts";
import { DOCTOR_FIX, type Found, warning, wrong } from "./finding.ts";

/** Removes files that are still left over. @returns Those that were. */
type Remove = (paths: readonly string[]) => readonly string[];

/** The pause of a queue, and the file that keeps it. */
export interface PauseFacts {
  readonly queue: string;
  readonly path: string;
  readonly pause: StoredPause;
  /** Whether the queue has a worker here. */
  readonly hasWorker: boolean;
}

/**
 * Judges the pauses that are kept. A pause that is in force is left to `queues`.
 *
 * @param removeOver Removes the pause of a queue if it is over. @returns Whether it was.
 */
export function pausesFound(
  pauses: readonly PauseFacts[],
  removeOver: (queue: string) => boolean,
): Found[] {
  return pauses.flatMap(({ queue, path, pause, hasWorker }) => {
    if (pause.kind === "unreadable") {
      const message = `${path} cannot be read, so the queue counts as paused: ${pause.problem}`;
      return [wrong(message, { queue, fix: `process-queue resume ${queue}` })];
    }
    if (pause.kind === "none") {
      const mend = () =>
        removeOver(queue)
          ? `removed the pause of ${queue}, which is over`
          : `${queue} has been paused again, which was left`;
      return [warning("its pause is over and still kept", { queue, fix: DOCTOR_FIX, mend })];
    }
    if (hasWorker) return [];
    const message = `it is paused by ${pause.pause.by}, and has no worker here`;
    return [warning(message, { queue, fix: `process-queue resume ${queue}` })];
  });
}

/** Judges the control sockets of processes that have ended. */
export function socketsFound(paths: readonly string[], remove: Remove): Found[] {
  if (paths.length === 0) return [];
  const what = (count: number) =>
    `${counted(count, "file")} of control sockets whose processes have ended`;
  return [leftOver(what, paths, remove)];
}

/** The journal that a process left of a queue. */
export interface JournalFacts {
  readonly queue: string;
  readonly path: string;
  /** Whether the queue has a worker here: its next process reads the journal. */
  readonly hasWorker: boolean;
  /** Whether it says which events ran, or may have ended a process. */
  readonly hasEvents: boolean;
}

/**
 * Judges the journals of processes that have ended. One that names events is kept: the queue may have
 * its worker in another folder, whose next process runs the suspects alone.
 */
export function journalsFound(journals: readonly JournalFacts[], remove: Remove): Found[] {
  const unread = journals.filter(({ hasWorker }) => !hasWorker);
  const empty = unread.filter(({ hasEvents }) => !hasEvents);
  const queues = [...new Set(empty.map(({ queue }) => queue))].join(", ");
  const what = (count: number) =>
    `${counted(count, "journal")} of queues that have no worker here: ${queues}`;
  return [
    ...(empty.length === 0 ? [] : [leftOver(what, empty.map(({ path }) => path), remove)]),
    ...unread.filter(({ hasEvents }) => hasEvents).map(({ queue, path }) =>
      warning(`no worker here reads the journal ${path}, which has events that ran in a crash`, {
        queue,
        fix: "start its worker, or remove the file if there is none any more",
      })
    ),
  ];
}

function leftOver(
  what: (count: number) => string,
  paths: readonly string[],
  remove: Remove,
): Found {
  const mend = () => `removed ${what(remove(paths).length)}`;
  return warning(`left over: ${what(paths.length)}`, { fix: DOCTOR_FIX, mend });
}
