/**
 * Damage of the broker's file: checks before the file is used, and the mark that other processes
 * see.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Checked, intact } from "./checksum.ts";
import { DamageError, emptiedFile } from "./errors.ts";
import { CHECKED } from "./events.ts";
import { Mark, sizeOf } from "./mark.ts";

/** The largest file, in bytes, that is checked as a whole when it is opened: about 40 ms. */
const MAX_CHECKED_BYTES = 32 * 1024 * 1024;

/** The mark of a damaged file: when that was found, a space, and the error. */
export function damageMark(path: string): Mark {
  return new Mark(`${path}-damaged`);
}

/** Marks a file for the other processes that use it. @param found What was found. */
export function markDamage(path: string, found: Error): void {
  damageMark(path).set(`${new Date().toISOString()} ${found.message}\n`);
}

/**
 * Checks the structure of a file that was just opened, if it is small, or if a process has found it
 * damaged.
 *
 * @throws {Error} For damage, with SQLite's code.
 */
export function assertStructure(db: DatabaseSync, path: string): void {
  if (sizeOf(path) <= MAX_CHECKED_BYTES || damageMark(path).isThere) quickCheck(db);
}

/**
 * Removes the mark of a file whose structure is sound, if its events are: it was replaced.
 *
 * @throws {Error} For damage, with SQLite's code.
 */
export function clearMark(db: DatabaseSync, path: string): void {
  const mark = damageMark(path);
  if (!mark.isThere) return;
  for (const _ of checkEvents(db)) { /* Each is checked as it is read. */ }
  mark.clear();
}

/** @throws {BrokerError} When the file is empty although it has been in use: it is not new. */
export function assertNotEmptied(path: string): void {
  const isUsed = sizeOf(`${path}-owners`) >= 0 || sizeOf(`${path}-wal`) > 0;
  if (isUsed && sizeOf(path) === 0) throw emptiedFile(path);
}

/** @throws {DamageError} When the structure of the file is damaged; other errors are SQLite's. */
export function quickCheck(db: DatabaseSync): void {
  const [found] = Object.values(db.prepare("pragma quick_check(1)").get() ?? {});
  if (found !== "ok") throw new DamageError(String(found).split("\n").at(-1));
}

/**
 * Reads all events, some at once: `iterate` of Deno 2.9 takes an error of SQLite for the end.
 *
 * @yields After some.
 * @throws {Error} A {@linkcode DamageError} for one that is damaged, or SQLite's own error.
 */
export function* checkEvents(db: DatabaseSync): Generator<void> {
  const some = db.prepare(`select ${CHECKED} from event where id > ? order by id limit 20`);
  for (let after: number | undefined = 0; after !== undefined;) {
    after = intact(some.all(after) as unknown as Checked[]).at(-1)?.id;
    yield;
  }
}
