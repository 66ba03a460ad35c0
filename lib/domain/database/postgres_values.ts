/**
 * The values of PostgreSQL's types that `pg` would read otherwise than SQLite's are read.
 *
 * @module
 */

import pg from "pg";
import { parseJson } from "../../json/parse_json.ts";

type Parser = (text: string) => unknown;

/** Parsers by the number of a type in PostgreSQL's `pg_type`. */
const PARSERS: Readonly<Record<number, Parser>> = {
  20: wholeNumber, // int8
  17: (text) => Uint8Array.fromHex(text.slice(2)), // bytea
  114: (text) => parseJson(text), // json
  3802: (text) => parseJson(text), // jsonb
};

/** For `pg`'s option `types`. */
export const POSTGRES_TYPES: { getTypeParser(type: number, format?: string): Parser } = {
  getTypeParser: (type, format) => PARSERS[type] ?? pg.types.getTypeParser(type, format),
};

/** A number where a number holds the value exactly, else a bigint. */
function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
