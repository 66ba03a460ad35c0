/**
 * Faults of a SQLite file, told from errors of the data by SQLite's result codes
 * (https://www.sqlite.org/rescode.html).
 *
 * @module
 */

/** A fault of the file, of its disk, or of the way it is shared. */
export type SqliteFault =
  /** The file or its folder is read-only for this user. */
  | "not writable"
  /** The file or its folder cannot be opened or created. */
  | "not opened"
  /** Another connection holds the lock: the same statement may succeed later. */
  | "locked"
  /** The process has no memory left. */
  | "no memory"
  /** The disk is full. */
  | "full"
  /** Something interrupted the statement. */
  | "interrupted"
  /** The disk failed to read or write. */
  | "unreadable"
  /** The file is damaged. */
  | "damaged"
  /** The file is not a SQLite database. */
  | "not a database";

const [PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT] = [3, 5, 6, 7, 8, 9];
const [IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB] = [10, 11, 13, 14, 15, 26];

const FAULTS: ReadonlyMap<number, SqliteFault> = new Map<number, SqliteFault>([
  [PERM, "not writable"],
  [READONLY, "not writable"],
  [CANTOPEN, "not opened"],
  [BUSY, "locked"],
  [LOCKED, "locked"],
  [PROTOCOL, "locked"],
  [NOMEM, "no memory"],
  [FULL, "full"],
  [INTERRUPT, "interrupted"],
  [IOERR, "unreadable"],
  [CORRUPT, "damaged"],
  [NOTADB, "not a database"],
]);

/** The fault behind an error of opening or using a file; `undefined` for any other error. */
export function sqliteFault(error: unknown): SqliteFault | undefined {
  return isOpenError(error) ? "not opened" : statementFault(error);
}

/** The fault that a statement met; `undefined` for an error of its data or of other code. */
export function statementFault(error: unknown): SqliteFault | undefined {
  const code = resultCode(error);
  return code === undefined ? undefined : FAULTS.get(code);
}

/** Whether another connection holds the lock that a statement needs. */
export function isLocked(error: unknown): boolean {
  return statementFault(error) === "locked";
}

/** The primary result code of an error of `node:sqlite`, without its extension. */
export function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** `node:sqlite` gives no code where it cannot open the file, nor does Deno for the folder. */
function isOpenError(error: unknown): boolean {
  if (!(error instanceof Error) || resultCode(error) !== undefined) return false;
  return error.message.startsWith("unable to open database file") ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}
