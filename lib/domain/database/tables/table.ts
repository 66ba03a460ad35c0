/**
 * The declaration of a table: its columns, and the constraints and indexes of several columns.
 *
 * @module
 */

import type { Columns } from "./column.ts";

/** An index of several columns or of expressions, or of some rows only. */
export interface Index {
  /** Its name. */
  readonly name: string;
  /** The columns or expressions, in SQL. */
  readonly on: string;
  /** Which rows it has, in SQL. All by default. */
  readonly where?: string;
  /** Whether no two of its rows may be equal. */
  readonly unique?: true;
  /** A method that SQLite lacks, which therefore lacks the index. */
  readonly using?: string;
}

/** What a table has beside its columns. */
export interface TableOptions {
  /** The columns of the primary key where it is not `id`. */
  readonly primaryKey?: readonly string[];
  /** Sets of columns of which no two rows may have equal values; a name where Zulip gives one. */
  readonly unique?: readonly (readonly string[] | UniqueSet)[];
  /** What must be true of each row. */
  readonly checks?: readonly Check[];
  /** Its further indexes. */
  readonly indexes?: readonly Index[];
}

/** A set of columns of which no two rows may have equal values. */
export interface UniqueSet {
  /** The constraint's name. */
  readonly name: string;
  /** The columns. */
  readonly columns: readonly string[];
}

/** What must be true of each row. */
export interface Check {
  /** The constraint's name. */
  readonly name: string;
  /** The condition, in SQL. */
  readonly that: string;
}

/** A declared table. */
export interface Table<Of extends Columns = Columns> extends TableOptions {
  /** Its name. */
  readonly name: string;
  /** Its columns, by their names. */
  readonly columns: Of;
}

/** Declares a table. */
export function table<const Of extends Columns>(
  name: string,
  columns: Of,
  options: TableOptions = {},
): Table<Of> {
  return { name, columns, ...options };
}
