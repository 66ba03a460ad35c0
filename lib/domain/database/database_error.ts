/**
 * Faults of the database itself, as opposed to errors of the data given to it.
 *
 * @module
 */

/** The kinds of faults. */
export type DatabaseErrorKind =
  /** `DATABASE_URL` is not a valid address. */
  | "url"
  /** The server does not answer, or not in time. */
  | "unreachable"
  /** The user or the password is wrong, or the server accepts no login of the user from here. */
  | "login"
  /** The TLS connection could not be made or verified. */
  | "tls"
  /** The server has no database of that name. */
  | "missing-database"
  /** The database has not been migrated, or a table is gone. */
  | "missing-table"
  /** A newer version of the program has migrated the database. */
  | "newer"
  /** A table exists but is not as the program needs it. */
  | "schema"
  /** The user or the process lacks a permission, or the database cannot be written. */
  | "permission"
  /** Another process held a lock for too long. */
  | "busy"
  /** A deadlock or a serialization failure: the same transaction may succeed at once. */
  | "conflict"
  /** No room is left: disk, memory, connections. */
  | "full"
  /** The file is damaged, or is no database. */
  | "damaged";

/** A fault of the database. The message says what is wrong, where, and what to do. */
export class DatabaseError extends Error {
  /** Always `DatabaseError`. */
  override readonly name = "DatabaseError";
  /** The kind of fault. */
  readonly kind: DatabaseErrorKind;
  /**
   * Made by the modules that know the database's own errors.
   *
   * @param kind The kind of fault.
   * @param message What is wrong, where (never with a password), and what to do.
   */
  constructor(
    kind: DatabaseErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * Whether an error is a fault of the database (lost, full, locked, not migrated …) and not of the
 * event's data: the same event can succeed later.
 */
export function isDatabaseLost(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError;
}
