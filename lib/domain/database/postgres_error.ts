/**
 * Faults of PostgreSQL, told from errors of the data by SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 *
 * @module
 */

import { DatabaseError, type DatabaseErrorKind } from "./database_error.ts";
import { FOREIGN_TABLE_ADVICE, isForeignTable, isZulipTable } from "./tables.ts";

/** A kind, and a message made of the database's place and the text of the server or system. */
type Fault = readonly [
  kind: DatabaseErrorKind,
  message: (where: string, detail: string) => string,
];

const UNREACHABLE: Fault = [
  "unreachable",
  (where, detail) =>
    `PostgreSQL at ${where} cannot be reached (${detail}): check that it runs, and that ` +
    "DATABASE_URL names its host and port.",
];
const LOGIN: Fault = [
  "login",
  (where, detail) =>
    `PostgreSQL at ${where} refuses the login (${detail}): correct user and password in ` +
    "DATABASE_URL, or the server's pg_hba.conf.",
];
const TLS: Fault = [
  "tls",
  (where, detail) =>
    `No TLS connection to PostgreSQL at ${where} (${detail}): correct sslmode and sslrootcert in ` +
    "DATABASE_URL, or the server's certificate.",
];
const NO_DATABASE: Fault = [
  "missing-database",
  (where, detail) =>
    `There is no such database: ${where} (${detail}): create it, or correct DATABASE_URL.`,
];
const NO_TABLE: Fault = [
  "missing-table",
  (where, detail) =>
    `The database ${where} lacks a table (${detail}): ${missingTableAdvice(detail)}.`,
];

function missingTableAdvice(detail: string): string {
  if (isForeignTable(detail)) return FOREIGN_TABLE_ADVICE;
  if (!isZulipTable(detail)) return "run `process-queue migrate`";
  return "run `process-queue migrate`, or upgrade the Zulip server whose database it is";
}
const PERMISSION: Fault = [
  "permission",
  (where, detail) =>
    `The user of DATABASE_URL lacks a permission in ${where} (${detail}): grant it.`,
];
const READ_ONLY: Fault = [
  "permission",
  (where, detail) =>
    `The database ${where} is read-only (${detail}): set DATABASE_URL to the primary server, ` +
    "or make it writable.",
];
const BUSY: Fault = [
  "busy",
  (where, detail) =>
    `Other sessions hold locks in ${where} (${detail}): see pg_stat_activity for long queries.`,
];
const CONFLICT: Fault = [
  "conflict",
  (where, detail) =>
    `Transactions in ${where} conflict (${detail}): see pg_stat_activity for what ` +
    "else writes the same rows.",
];
const FULL: Fault = [
  "full",
  (where, detail) =>
    `PostgreSQL at ${where} has run out of a resource (${detail}): give it disk, memory or ` +
    "connections.",
];
const SCHEMA: Fault = [
  "schema",
  (where, detail) =>
    `A table in ${where} is not as this program needs it (${detail}): compare it with one made ` +
    "by `process-queue migrate` in an empty database.",
];

const BY_STATE: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ["3D000", NO_DATABASE],
  ["42P01", NO_TABLE],
  ["3F000", PERMISSION],
  ["42501", PERMISSION],
  ["25006", READ_ONLY],
  ["40001", CONFLICT],
  ["40P01", CONFLICT],
  ["55P03", BUSY],
  ["57014", BUSY],
]);

/** The faults by the first two characters of a state that is not listed above. */
const BY_CLASS: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ["08", UNREACHABLE],
  ["28", LOGIN],
  ["42", SCHEMA],
  ["53", FULL],
  ["57", UNREACHABLE],
  ["58", UNREACHABLE],
]);

/**
 * The DatabaseError for a fault of the database or of the connection; any other error, such as a
 * violated constraint, is returned as it is.
 *
 * @param where The name of the database in the message.
 */
export function postgresError(error: unknown, where: string): unknown {
  const fault = findFault(error);
  if (!fault) return error;
  const [kind, message] = fault;
  return new DatabaseError(kind, message(where, detailOf(error)), { cause: error });
}

/** invalid_sql_statement_name, duplicate_prepared_statement. */
const LOST_STATEMENT: ReadonlySet<unknown> = new Set(["26000", "42P05"]);
/** feature_not_supported. */
const UNSUPPORTED = "0A000";
/** The function of the server that throws it where a plan no longer fits: the message may be in any language. */
const PLAN_CHECK = "RevalidateCachedQuery";

/**
 * Whether a statement failed only because it was prepared: a pooler such as PgBouncer has given the
 * connection to another process of the server, or a migration has changed the type of a column.
 */
export function isStaleStatement(error: unknown): boolean {
  const state = sqlState(error);
  return LOST_STATEMENT.has(state) ||
    state === UNSUPPORTED && routineOf(error) === PLAN_CHECK;
}

function routineOf(error: unknown): unknown {
  return error instanceof Error && "routine" in error ? error.routine : undefined;
}

/** Whether a connection that threw this error can no longer be used. */
export function isConnectionFault(error: unknown): boolean {
  return findFault(error)?.[0] === "unreachable";
}

function findFault(error: unknown): Fault | undefined {
  if (isStaleStatement(error)) return CONFLICT;
  const state = sqlState(error);
  if (state !== undefined) return BY_STATE.get(state) ?? BY_CLASS.get(state.slice(0, 2));
  const isOurs = !(error instanceof Error) || error instanceof TypeError ||
    error instanceof RangeError;
  return isOurs ? undefined : connectionFault(error);
}

/** The fault of an error without a SQLSTATE, which does not come from the server. */
function connectionFault(error: Error): Fault {
  if (/SASL|password/i.test(error.message)) return LOGIN;
  return /SSL|TLS|certificate/i.test(detailOf(error)) ? TLS : UNREACHABLE;
}

/** The SQLSTATE. Only errors of the server have a severity beside their code. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The text of an error; a host with several addresses gives an AggregateError without one. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message) return error.message;
  const inner = error instanceof AggregateError ? error.errors.map(detailOf) : [];
  return inner.join("; ") || ("code" in error ? String(error.code) : error.name);
}
