/**
 * The types that columns of SQLite are declared with so that they are read as PostgreSQL's are.
 * SQLite itself goes by parts of these names only: `text` and `int`.
 *
 * @module
 */

/** The type of a column by what it is read as. */
export const DECLARED = {
  /** 0 and 1. */
  boolean: "boolean",
  /** Text in UTC with microseconds. */
  time: "timestamptz text",
  /** JSON text. */
  json: "json text",
  /** Whole numbers that a JavaScript number may not hold. */
  int64: "bigint",
} as const;
