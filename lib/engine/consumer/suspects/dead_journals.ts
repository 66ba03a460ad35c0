/**
 * Reads the journals that dead processes left of a queue.
 *
 * @module
 */

import { join } from "node:path";
import { decoded } from "../../../system/decoded.ts";
import { tryLock } from "../../../system/file_lock.ts";
import type { EventKey } from "./event_key.ts";

/** A line of a journal; only the last one counts. */
export interface JournalRecord {
  /** What runs, or is about to. */
  readonly running: readonly EventKey[];
  /** Whether that one event runs with nothing beside it. */
  readonly alone: boolean;
  /** How many more run at the most, or are about to, that are not named. */
  readonly unnamed: number;
  /** Events that may have ended a process, with how often they did so alone and uncounted. */
  readonly suspects: Readonly<Record<EventKey, number>>;
  /** How many more there may be, of those that are delivered again. */
  readonly unknown: number;
}

/** More than this many suspects are not carried on: the oldest are forgotten. */
export const MAX_SUSPECTS = 500;

/** What dead processes left of a queue. */
export interface Inherited {
  readonly suspects: Map<EventKey, number>;
  readonly unknown: number;
  readonly unclean: boolean;
  readonly paths: readonly string[];
}

/** Reads the journals whose process is dead: their lock is free. The folder need not be there. */
export function inheritJournals(dir: string, prefix: string, own: string): Inherited {
  const suspects = new Map<EventKey, number>();
  const paths: string[] = [];
  let unclean = false;
  let unknown = 0;
  for (const name of namesIn(dir)) {
    const path = join(dir, name);
    if (
      !name.startsWith(prefix) || !name.endsWith(".journal") || path === own
    ) continue;
    const record = readIfDead(path);
    if (!record) continue;
    paths.push(path);
    unclean ||= record.isCut || record.running.length + record.unnamed > 0;
    unknown += record.unnamed + record.unknown;
    addSuspects(suspects, record);
  }
  const newest = [...suspects].slice(-MAX_SUSPECTS);
  return { suspects: new Map(newest), unknown: Math.min(unknown, MAX_SUSPECTS), unclean, paths };
}

/** A journal of a dead process. */
export interface DeadJournal {
  readonly queue: string;
  readonly path: string;
  /** Whether it says which events ran, or may have ended a process. */
  readonly hasEvents: boolean;
}

/** The journals of dead processes, of all queues. @param stateDir `STATE_DIR` */
export function deadJournals(stateDir: string): DeadJournal[] {
  const dir = join(stateDir, "journal");
  return namesIn(dir).flatMap((name) => {
    const queue = decoded(/^(.*)@[^@]*\.journal$/.exec(name)?.[1] ?? "");
    const path = join(dir, name);
    const record = queue ? readIfDead(path) : undefined;
    return queue && record ? [{ queue, path, hasEvents: hasEvents(record) }] : [];
  });
}

/** What cannot be read may have had some. */
function hasEvents({ isCut, running, unnamed, unknown, suspects }: ReadRecord): boolean {
  const named = running.length + Object.keys(suspects).length;
  return isCut || named + unnamed + unknown > 0;
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function addSuspects(suspects: Map<EventKey, number>, record: JournalRecord): void {
  const found = new Map(Object.entries(record.suspects));
  for (const key of record.running) {
    found.set(key, (found.get(key) ?? 0) + (record.alone ? 1 : 0));
  }
  for (const [key, crashes] of found) {
    suspects.set(key, Math.max(suspects.get(key) ?? 0, crashes));
  }
}

interface ReadRecord extends JournalRecord {
  /** Whether nothing in the file is whole. */
  readonly isCut: boolean;
}

function readIfDead(path: string): ReadRecord | undefined {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    if (!tryLock(file, false)) return undefined;
    return lastRecord(Deno.readTextFileSync(path));
  } catch (error) {
    // Gone meanwhile; or another user's, which that user's next process reads.
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

/** The last record that is whole: a power failure may have cut the last line short. */
function lastRecord(text: string): ReadRecord {
  for (const line of text.split("\n").reverse()) {
    try {
      const { running, alone, unnamed = 0, suspects = {}, unknown = 0 } = JSON.parse(line);
      if (Array.isArray(running)) {
        return { running, alone, unnamed, suspects, unknown, isCut: false };
      }
    } catch {
      // Not whole: the one before it counts.
    }
  }
  return { running: [], alone: false, unnamed: 0, suspects: {}, unknown: 0, isCut: true };
}
