/**
 * Tells SQLite's own faults from those of the data, by its result codes
 * (https://www.sqlite.org/rescode.html).
 *
 * @module
 */

import { DatabaseError, type DatabaseErrorKind } from "./database_error.ts";

const [ERROR, PERM, BUSY, LOCKED, NOMEM] = [1, 3, 5, 6, 7];
const [READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB] = [8, 10, 11, 13, 14, 26];

/** A kind, and what to say after `The SQLite database <path> `. */
type Fault = readonly [kind: DatabaseErrorKind, says: string];

const NOT_WRITABLE: Fault = [
  "permission",
  "cannot be written: let the user who runs the program write the file and its folder, " +
  "or set DATABASE_URL to another place",
];
const NOT_OPENED: Fault = [
  "permission",
  "cannot be opened or created: DATABASE_URL must name a file in a folder where the user who " +
  "runs the program may write",
];

const FAULTS: ReadonlyMap<number, Fault> = new Map<number, Fault>([
  [PERM, NOT_WRITABLE],
  [READONLY, NOT_WRITABLE],
  [CANTOPEN, NOT_OPENED],
  [BUSY, ["busy", "is locked by another process: see what else uses it"]],
  [LOCKED, ["busy", "is locked by another process: see what else uses it"]],
  [NOMEM, ["full", "has no memory left: give the program more"]],
  [FULL, ["full", "cannot grow, the disk is full: make room"]],
  [IOERR, ["unreachable", "cannot be read or written: see whether its disk is well"]],
  [CORRUPT, ["damaged", "is damaged: restore it from a backup, or move it away"]],
  [NOTADB, ["damaged", "is a file of another kind: set DATABASE_URL to another place"]],
]);

/** Whether another connection holds the lock that was needed. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/**
 * The DatabaseError for a fault of the database; any other error, such as a violated constraint,
 * is given back as it came.
 *
 * @param path The file, for the message.
 */
export function sqliteError(error: unknown, path: string): unknown {
  const fault = findFault(error);
  if (!fault || !(error instanceof Error)) return error;
  const [kind, says] = fault;
  return new DatabaseError(kind, `The SQLite database ${path} ${says} (${error.message}).`, {
    cause: error,
  });
}

function findFault(error: unknown): Fault | undefined {
  if (isFileError(error)) return NOT_OPENED;
  const code = resultCode(error);
  if (code === ERROR) return ofStatement(error instanceof Error ? error.message : "");
  return code === undefined ? undefined : FAULTS.get(code);
}

/** The folder could not be made, or the file not be opened (for that `node:sqlite` has no code). */
function isFileError(error: unknown): boolean {
  if (!(error instanceof Error) || resultCode(error) !== undefined) return false;
  return error.message.startsWith("unable to open database file") ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}

function ofStatement(message: string): Fault | undefined {
  if (message.startsWith("no such table")) {
    return ["missing-table", "lacks a table: run `process-queue migrate`"];
  }
  return [
    "schema",
    "has a table that is not as this program made it: compare it with an empty database",
  ];
}

/** The primary result code, without its extension. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}
