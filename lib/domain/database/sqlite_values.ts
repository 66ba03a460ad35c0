/**
 * Values as SQLite stores them, and rows as PostgreSQL would return them. SQLite knows numbers, text
 * and bytes only, so a column's declared type says what else its value is.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import { parseJson } from "../../json/parse_json.ts";
import { DECLARED } from "./tables/declared_types.ts";
import { sqliteTime } from "./time.ts";

/** What can be bound to a parameter. */
export type Parameter = string | number | bigint | null | Uint8Array;

/** A value as it is stored: a boolean as 0 or 1, a Date as text that sorts by time. */
export function storedValue(value: unknown): Parameter {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return sqliteTime(value.getTime() / 1000);
  return value as Parameter;
}

type Reader = (value: never) => unknown;

const READERS: Readonly<Record<string, Reader>> = {
  [DECLARED.boolean]: (value: number) => Number(value) !== 0,
  [DECLARED.time]: (value: string) => new Date(value),
  [DECLARED.json]: (value: string) => parseJson(value),
};

/** A statement, with a method that its type lacks. */
interface Statement extends StatementSync {
  setReturnArrays(enabled: boolean): void;
}

/**
 * Runs a statement that returns rows. Columns of the type bigint are read exactly; an expression has
 * no declared type, and is read as a number, text or bytes.
 */
export function readRows(
  statement: StatementSync,
  columns: ReturnType<StatementSync["columns"]>,
  parameters: readonly Parameter[],
): Record<string, unknown>[] {
  const exact = columns.some(({ type }) => type === DECLARED.int64);
  (statement as Statement).setReturnArrays(true);
  statement.setReadBigInts(exact);
  const readers = columns.map(({ type }) => readerOf(type, exact));
  const rows = statement.all(...parameters) as unknown as unknown[][];
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [index, value] of values.entries()) {
      const reader = readers[index];
      row[columns[index]?.name ?? ""] = reader && value !== null ? reader(value as never) : value;
    }
    return row;
  });
}

function readerOf(type: string | null, exact: boolean): Reader | undefined {
  return (type === null ? undefined : READERS[type]) ?? (exact ? smallNumber : undefined);
}

/** A number where a number holds the value exactly, else the bigint. */
function smallNumber(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
