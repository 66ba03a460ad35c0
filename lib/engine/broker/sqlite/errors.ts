/**
 * The errors of the broker's file, each with what to do about it.
 *
 * @module
 */

import { type SqliteFault, sqliteFault } from "../../../errors/sqlite_fault.ts";
import { BrokerError, type BrokerErrorKind } from "../broker.ts";

/** A kind, and what to say after `The broker's file <path> `; `{path}` stands for the path. */
type Fault = readonly [kind: BrokerErrorKind, says: string];

const NOT_WRITABLE: Fault = [
  "permission",
  "cannot be written: let the user who runs the program write the file and its folder, " +
  "or set STATE_DIR to another folder",
];
const NOT_OPENED: Fault = [
  "permission",
  "cannot be opened or created: STATE_DIR must name a folder where the user who runs the " +
  "program may write",
];
const LOCKED_OUT: Fault = [
  "timeout",
  "has been locked by another process for too long: check what else uses it",
];
const DAMAGED = "is damaged: stop every process that uses it, recover what can be read with " +
  "`process-queue recover {path} NEW` or take a backup, and put that in its place";
const NOT_A_DATABASE = DAMAGED.replace(":", ", or is no database at all:");

const FAULTS: Readonly<Record<SqliteFault, Fault>> = {
  "not writable": NOT_WRITABLE,
  "not opened": NOT_OPENED,
  "locked": LOCKED_OUT,
  "no memory": ["refused", "cannot be used, the program is out of memory: give it more"],
  "full": ["refused", "cannot grow, the disk is full: free some space"],
  "interrupted": ["refused", "was interrupted: try again"],
  "unreadable": ["refused", "cannot be read or written: check that its disk works and has room"],
  "damaged": ["damaged", DAMAGED],
  "not a database": ["damaged", NOT_A_DATABASE],
};

/** Damage that a check of this program found; SQLite has the same code for what it finds. */
export class DamageError extends Error {
  override readonly name = "DamageError";
  /** `SQLITE_CORRUPT`. */
  readonly errcode = 11;
}

/**
 * The BrokerError for a fault of the file; any other error is returned as it is.
 *
 * @param path The file, for the message.
 */
export function brokerError(error: unknown, path: string): unknown {
  const fault = sqliteFault(error);
  if (!fault || !(error instanceof Error)) return error;
  const [kind, says] = FAULTS[fault];
  return fileError(kind, path, `${says} (${error.message})`, { cause: error });
}

/** Whether an error says that the file is damaged, which does not pass. */
export function isDamage(error: unknown): error is BrokerError {
  return error instanceof BrokerError && error.kind === "damaged";
}

/** The error for a file that another process has found damaged. @param mark When, and what. */
export function markedFile(path: string, mark: string): BrokerError {
  const [when = ""] = mark.split(" ");
  return fileError("damaged", path, `${DAMAGED} (a process found that at ${when})`);
}

/** The error of a publish while the room that is left is kept for settlements. */
export function diskFull(path: string, neededMb: number): BrokerError {
  const says = `takes no events, the disk is full: free some space, at least ${neededMb} MB`;
  return fileError("refused", path, says);
}

/** The error for a file that was emptied after it had been used. */
export function emptiedFile(path: string): BrokerError {
  const says =
    "is damaged: it is empty, although it has been in use. Stop every process that uses " +
    "it, and put a backup in its place, or remove it to begin without events";
  return fileError("damaged", path, says);
}

function fileError(
  kind: BrokerErrorKind,
  path: string,
  says: string,
  options?: { cause: unknown },
): BrokerError {
  const text = says.replace("{path}", path);
  return new BrokerError(kind, `The broker's file ${path} ${text}`, options);
}

/** The error for a file of another program. */
export function foreignFile(path: string): BrokerError {
  const says = "is a database of another program: move it away, or set STATE_DIR elsewhere";
  return fileError("topology", path, says);
}

/** The error for a file that a newer version of this program made. */
export function newerFile(path: string, found: number, known: number): BrokerError {
  return new BrokerError(
    "topology",
    `The broker's file ${path} was made by a newer version of this program (its layout is ` +
      `${found}, this version knows ${known}): run that version, or set STATE_DIR to another folder`,
  );
}

/** The error for a file of an older layout that processes use, whose version would not know a newer. */
export function olderProcesses(path: string): BrokerError {
  const says = "is in use by processes of an older version of this program: stop them, and start " +
    "this one again";
  return fileError("topology", path, says);
}

/** The error for a file that was removed or replaced while it was in use. */
export function replacedFile(path: string): BrokerError {
  return new BrokerError(
    "unreachable",
    `The broker's file ${path} was removed or replaced while in use, and its events with it: ` +
      `it is opened again; leave the files of STATE_DIR alone while the program runs`,
  );
}

/** The error after the lock file of this process was removed, so that others took it for dead. */
export function takenForDead(path: string): BrokerError {
  return new BrokerError(
    "unreachable",
    `This process was taken for dead, because its lock file in ${path}-owners was removed: its ` +
      `events are delivered again; leave the files of STATE_DIR alone while the program runs`,
  );
}

/** The error of a broker that was closed. */
export function closedError(): BrokerError {
  return new BrokerError("closed", "The broker was closed");
}
