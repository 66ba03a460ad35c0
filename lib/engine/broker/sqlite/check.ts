/**
 * The check of the broker's file for damage, within a time, and of its disk.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { sqliteFault } from "../../../errors/sqlite_fault.ts";
import { checkEvents, quickCheck } from "./damage.ts";
import { brokerError, DamageError } from "./errors.ts";
import { FILE_NAME } from "./file_name.ts";
import { Reserve } from "./reserve.ts";

/** How far a check came. */
export interface FileCheck {
  /** Whether it found no damage in the whole file. */
  readonly isDone: boolean;
  /** The number of pages that were read. */
  readonly pages: number;
  /** The number of pages of the file that are in use. */
  readonly of: number;
}

/** The time of SQLite's own check, which cannot be interrupted, beside that of reading all pages. */
const QUICK_CHECK_FACTOR = 2;

/**
 * Reads every page, runs `pragma quick_check`, and compares every event with its checksum, for as
 * long as there is time. Blocks the thread. Other processes may use the file, which is only read; a
 * file that does not exist has no damage. Then checks that the disk has room for publishes.
 *
 * @param stateDir The folder of the file.
 * @param seconds The time.
 * @throws {BrokerError} `damaged` when there is damage, `refused` while publishes are refused.
 */
export function checkFile(stateDir: string, seconds: number): FileCheck {
  const path = join(stateDir, FILE_NAME);
  if (!existsSync(path)) return { isDone: true, pages: 0, of: 0 };
  try {
    const result = checkUnchanged(path, seconds);
    new Reserve(path, () => {}).assertNotFull();
    return result;
  } catch (error) {
    throw brokerError(error, path);
  }
}

/** Checks without the log of changes where there is none, as a reader would leave an empty one. */
function checkUnchanged(path: string, seconds: number): FileCheck {
  if (isInUse(path)) return checkWith(path, seconds);
  try {
    return checkWith(`${pathToFileURL(path).href}?immutable=1`, seconds);
  } catch (error) {
    // Another process may have begun to write meanwhile. An older runtime takes no URI.
    if (!isInUse(path) && sqliteFault(error) !== "not opened") throw error;
    return checkWith(path, seconds);
  }
}

/** Whether the file has a log of changes. */
function isInUse(path: string): boolean {
  return existsSync(`${path}-wal`);
}

function checkWith(source: string, seconds: number): FileCheck {
  const db = new DatabaseSync(source, { timeout: 1000, readOnly: true });
  try {
    return check(db, seconds * 1000);
  } finally {
    db.close();
  }
}

function check(db: DatabaseSync, ms: number): FileCheck {
  const start = performance.now();
  const end = start + ms;
  const { total, free } = db.prepare(
    "select page_count as total, freelist_count as free " +
      "from pragma_page_count, pragma_freelist_count",
  ).get() as unknown as { total: number; free: number };
  let pages = 0;
  const progress = (isDone: boolean) => ({ isDone, pages, of: total - free });
  for (const { pageno, pagetype } of db.prepare("select pageno, pagetype from dbstat").iterate()) {
    if (pagetype === "corrupted") throw new DamageError(`page ${pageno} cannot be read`);
    pages++;
    if (performance.now() > end) return progress(false);
  }
  const readMs = performance.now() - start;
  if (performance.now() + QUICK_CHECK_FACTOR * readMs > end) return progress(false);
  quickCheck(db);
  for (const _ of checkEvents(db)) if (performance.now() > end) return progress(false);
  return progress(true);
}
