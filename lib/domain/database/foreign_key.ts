/**
 * Rows that refer to rows which are gone.
 *
 * @module
 */

const POSTGRES = "23503";
const SQLITE = 787;

/**
 * Whether the database refused a row because one that it refers to does not exist. The foreign keys
 * are checked when the transaction commits.
 */
export function isForeignKeyError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === POSTGRES || errcode === SQLITE;
}
