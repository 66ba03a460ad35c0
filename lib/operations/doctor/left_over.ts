/**
 * What processes that have ended left in STATE_DIR, and pauses that nobody needs any more.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import type { StoredPause } from "../paused.ts";
import { DOCTOR_FIX, type Found, warning, wrong } from "./finding.ts";

/** How what is left over is removed. */
type Remove = (paths: readonly string[]) => void;

/** The pause of a queue, and the file that keeps it. */
export interface PauseFacts {
  readonly queue: string;
  readonly path: string;
  readonly pause: StoredPause;
  /** Whether the queue has a worker here. */
  readonly hasWorker: boolean;
}

/** Judges the pauses that are kept. A pause that is in force is left to `queues`. */
export function pausesFound(pauses: readonly PauseFacts[], remove: Remove): Found[] {
  return pauses.flatMap(({ queue, path, pause, hasWorker }) => {
    if (pause.kind === "unreadable") {
      const message = `${path} cannot be read, so the queue counts as paused: ${pause.problem}`;
      return [wrong(message, { queue, fix: `process-queue resume ${queue}` })];
    }
    if (pause.kind === "none") {
      const mend = () => {
        remove([path]);
        return `removed the pause of ${queue}, which is over`;
      };
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
  const what = `${counted(paths.length, "file")} of control sockets whose processes have ended`;
  return [leftOver(what, paths, remove)];
}

/** The journal that a process left of a queue. */
export interface JournalFacts {
  readonly queue: string;
  readonly path: string;
  /** Whether the queue has a worker here: its next process reads the journal. */
  readonly hasWorker: boolean;
}

/** Judges the journals of processes that have ended. */
export function journalsFound(journals: readonly JournalFacts[], remove: Remove): Found[] {
  const unread = journals.filter(({ hasWorker }) => !hasWorker);
  if (unread.length === 0) return [];
  const queues = [...new Set(unread.map(({ queue }) => queue))].join(", ");
  const what = `${counted(unread.length, "journal")} of queues that have no worker here: ${queues}`;
  return [leftOver(what, unread.map(({ path }) => path), remove)];
}

function leftOver(what: string, paths: readonly string[], remove: Remove): Found {
  const mend = () => {
    remove(paths);
    return `removed ${what}`;
  };
  return warning(`left over: ${what}`, { fix: DOCTOR_FIX, mend });
}
