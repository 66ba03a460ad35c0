/**
 * Opening the broker's file, which other processes use too.
 *
 * @module
 */

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { type Patience, patiently } from "../../../system/patience.ts";
import { makePrivateFile } from "../../../system/private_file.ts";
import { assertNotEmptied, assertStructure, clearMark } from "./damage.ts";
import { brokerError } from "./errors.ts";
import { ensureTables } from "./schema.ts";

/** ms for which SQLite itself waits for a lock, which blocks the thread. */
const BLOCKING_WAIT_MS = 5;
/** ms after which a lock of another process becomes an error. */
const PATIENCE_MS = 30_000;

/** ms after which an empty file is none that another process is making. */
const MAKING_MS = 1000;

/** Patience with the other processes that write the file. */
export const PATIENCE: Patience = { ms: PATIENCE_MS, pauseMs: [1, 10] };

const PRAGMAS = [
  "journal_mode = wal",
  "synchronous = full",
  "cache_size = -8000",
  // Checkpoints run between commits (see Checkpoints); this is the limit when they fall behind.
  "wal_autocheckpoint = 8000",
  // Frees the disk that the log took in a burst.
  "journal_size_limit = 33554432",
];

/**
 * Opens the file; makes it and its folder if they do not exist. WAL, `synchronous=FULL`.
 *
 * @throws {BrokerError} When it cannot be used; `damaged` where a check finds damage.
 */
export async function openFile(path: string): Promise<DatabaseSync> {
  await assertNotEmptiedFor(MAKING_MS, path);
  const db = await useFile(path, () => connect(path));
  try {
    await useFile(path, () => setUp(db, path));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Tries until an attempt succeeds, fails for another reason than a lock, or the patience is over.
 *
 * @throws {BrokerError} For a fault of the file.
 */
export async function useFile<Result>(path: string, attempt: () => Result): Promise<Result> {
  try {
    return await patiently(PATIENCE, attempt);
  } catch (error) {
    throw brokerError(error, path);
  }
}

/** Gives another process that is just making the file the time to do so. */
async function assertNotEmptiedFor(ms: number, path: string): Promise<void> {
  try {
    return assertNotEmptied(path);
  } catch {
    await delay(ms);
  }
  assertNotEmptied(path);
}

function connect(path: string): DatabaseSync {
  Deno.mkdirSync(dirname(path), { recursive: true });
  makePrivateFile(path);
  return new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
}

function setUp(db: DatabaseSync, path: string): void {
  for (const pragma of PRAGMAS) db.prepare(`pragma ${pragma}`).get();
  assertStructure(db, path);
  db.prepare("begin immediate").run();
  try {
    if (ensureTables(db, path)) db.prepare("commit").run();
  } finally {
    if (db.isTransaction) db.prepare("rollback").run();
  }
  clearMark(db, path);
}
