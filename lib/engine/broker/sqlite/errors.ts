/**
 * What SQLite says, in words for whoever runs the program
 * (https://www.sqlite.org/rescode.html).
 *
 * @module
 */

import { BrokerError, type BrokerErrorKind } from "../broker.ts";

const [PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT] = [3, 5, 6, 7, 8, 9];
const [IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB] = [10, 11, 13, 14, 15, 26];

/** A kind, and what to say after `The broker's file <path> `. */
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
  "is locked by another process for too long: see what else uses it",
];
const DAMAGED: Fault = [
  "topology",
  "is damaged: stop all that use it, and restore it from a backup, or save what can be saved " +
  "with sqlite3's .recover and move it away",
];

const FAULTS: ReadonlyMap<number, Fault> = new Map<number, Fault>([
  [PERM, NOT_WRITABLE],
  [READONLY, NOT_WRITABLE],
  [CANTOPEN, NOT_OPENED],
  [BUSY, LOCKED_OUT],
  [LOCKED, LOCKED_OUT],
  [PROTOCOL, LOCKED_OUT],
  [NOMEM, ["refused", "has no memory left: give the program more"]],
  [FULL, ["refused", "cannot grow, the disk is full: make room"]],
  [INTERRUPT, ["refused", "was interrupted: try again"]],
  [IOERR, ["refused", "cannot be read or written: see whether its disk is well and has room"]],
  [CORRUPT, DAMAGED],
  [NOTADB, ["topology", "is a file of another kind: move it away, or set STATE_DIR elsewhere"]],
]);

/** Whether another connection holds the lock that was needed, and the same may be tried again. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

/** Whether the file is at fault, rather than what was to be stored in it. */
export function isFault(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && FAULTS.has(code);
}

/**
 * The BrokerError for a fault of the file; any other error is given back as it came.
 *
 * @param path The file, for the message.
 */
export function brokerError(error: unknown, path: string): unknown {
  const fault = faultOf(error);
  if (!fault || !(error instanceof Error)) return error;
  const [kind, says] = fault;
  return new BrokerError(kind, `The broker's file ${path} ${says} (${error.message})`, {
    cause: error,
  });
}

/** The file is another program's. */
export function foreignFile(path: string): BrokerError {
  const says = "is a database of another program: move it away, or set STATE_DIR elsewhere";
  return new BrokerError("topology", `The broker's file ${path} ${says}`);
}

/** The file was made by a newer version of this program. */
export function newerFile(path: string, found: number, known: number): BrokerError {
  return new BrokerError(
    "topology",
    `The broker's file ${path} was made by a newer version of this program (its layout is ` +
      `${found}, this version knows ${known}): run that version, or set STATE_DIR to another folder`,
  );
}

/** Somebody removed the file, or put another in its place, while it was in use. */
export function replacedFile(path: string): BrokerError {
  return new BrokerError(
    "unreachable",
    `The broker's file ${path} was removed or replaced while in use, and its events with it: ` +
      `it is opened anew; leave the files of STATE_DIR alone while the program runs`,
  );
}

/** Somebody removed the lock file of this process, and others took it for dead. */
export function takenForDead(path: string): BrokerError {
  return new BrokerError(
    "unreachable",
    `This process was taken for dead, as its lock file in ${path}-owners was removed: its events ` +
      `are handed out again; leave the files of STATE_DIR alone while the program runs`,
  );
}

/** The error of a broker that was closed. */
export function closedError(): BrokerError {
  return new BrokerError("closed", "The broker was closed");
}

function faultOf(error: unknown): Fault | undefined {
  if (isFileError(error)) return NOT_OPENED;
  const code = resultCode(error);
  return code === undefined ? undefined : FAULTS.get(code);
}

/** The folder could not be made, or the file not be opened (for that `node:sqlite` has no code). */
function isFileError(error: unknown): boolean {
  if (!(error instanceof Error) || resultCode(error) !== undefined) return false;
  return error.message.startsWith("unable to open database file") ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}

/** The primary result code, without its extension. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}
