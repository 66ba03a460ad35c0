/**
 * The rows of a seed, which have their ids before the database has them.
 *
 * @module
 */

import { type Given, newRow } from "../../domain/database/rows.ts";
import { ZULIP_TABLES } from "../../domain/database/tables/all.ts";
import type { Columns } from "../../domain/database/tables/column.ts";
import type { NewRow } from "../../domain/database/tables.ts";

/** A table that a seed fills. */
export type SeedTable = keyof typeof ZULIP_TABLES;

/** A row with every column that an insert names. */
export type CompleteRow = Readonly<Record<string, unknown>>;

/** A change of a row that was added. */
export type Change<Of extends SeedTable> = Partial<NewRow<Of>>;

/** Rows by their tables, numbered as they are added. */
export class SeedRows {
  readonly #rows = new Map<SeedTable, CompleteRow[]>();
  readonly #highest: ReadonlyMap<string, number>;

  /** @param highest The highest id that each table has already. 0 by default. */
  constructor(highest: ReadonlyMap<string, number> = new Map()) {
    this.#highest = highest;
  }

  /** The id of the next row of a table, for rows that it belongs to. */
  nextId(table: SeedTable): number {
    return (this.#highest.get(table) ?? 0) + this.of(table).length + 1;
  }

  /** Adds a row. @returns Its id. */
  add<Of extends SeedTable>(table: Of, given: Given<Of>): number {
    const id = this.nextId(table);
    const rows = this.#rows.get(table) ?? [];
    rows.push(complete(table, id, newRow(table, given)));
    this.#rows.set(table, rows);
    return id;
  }

  /** Changes the row of an id that was added. */
  change<Of extends SeedTable>(table: Of, id: number, change: Change<Of>): void {
    const row = this.of(table).find((each) => each.id === id);
    if (row) Object.assign(row, change);
  }

  /** The rows of a table. */
  of(table: SeedTable): readonly CompleteRow[] {
    return this.#rows.get(table) ?? [];
  }

  /** The tables that have rows. */
  tables(): SeedTable[] {
    return [...this.#rows.keys()];
  }
}

/** The row with the database's defaults, so that all rows of a table have the same columns. */
function complete(table: SeedTable, id: number, given: object): CompleteRow {
  const columns: Columns = ZULIP_TABLES[table].columns;
  const values = new Map<string, unknown>(Object.entries(given));
  const entries = Object.entries(columns)
    .filter(([, { kind }]) => kind !== "tsvector")
    .map(([name, { identity, options }]) => [
      name,
      identity ? id : values.get(name) ?? options.databaseDefault ?? null,
    ]);
  return Object.fromEntries(entries);
}
