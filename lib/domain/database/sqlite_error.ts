/**
 * The errors of a SQLite database, each with what to do about it.
 *
 * @module
 */

import { resultCode, type SqliteFault, sqliteFault } from "../../errors/sqlite_fault.ts";
import { DatabaseError, type DatabaseErrorKind } from "./database_error.ts";
import { FOREIGN_TABLE_ADVICE, isForeignTable } from "./tables.ts";

/** SQLite's result code for a statement that does not fit the tables. */
const ERROR = 1;

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

const FAULTS: Readonly<Partial<Record<SqliteFault, Fault>>> = {
  "not writable": NOT_WRITABLE,
  "not opened": NOT_OPENED,
  "locked": ["busy", "is locked by another process: check what else uses it"],
  "no memory": ["full", "cannot be used, the program is out of memory: give it more"],
  "full": ["full", "cannot grow, the disk is full: free some space"],
  "unreadable": ["unreachable", "cannot be read or written: check that its disk works"],
  "damaged": ["damaged", "is damaged: restore it from a backup, or move it away"],
  "not a database": [
    "damaged",
    "is a file of another kind: set DATABASE_URL to another place",
  ],
};

/**
 * The DatabaseError for a fault of the database; any other error, such as a violated constraint, is
 * returned as it is.
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
  if (resultCode(error) === ERROR) return ofStatement(error instanceof Error ? error.message : "");
  const fault = sqliteFault(error);
  return fault && FAULTS[fault];
}

function ofStatement(message: string): Fault | undefined {
  if (message.startsWith("no such table")) {
    const advice = isForeignTable(message) ? FOREIGN_TABLE_ADVICE : "run `process-queue migrate`";
    return ["missing-table", `lacks a table: ${advice}`];
  }
  return [
    "schema",
    "has a table that is not as this program made it: compare it with an empty database",
  ];
}
