/**
 * The names that Django gives to indexes and constraints that have none of their own.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The longest name that PostgreSQL keeps. */
const MAX_LENGTH = 63;

/**
 * The name of an index or a constraint: table, columns, and 8 digits of the MD5 of both, so that
 * a name that was shortened stays unique.
 *
 * @param suffix What it is, such as `_uniq`.
 */
export function djangoName(table: string, columns: readonly string[], suffix = ""): string {
  const hash = createHash("md5").update([table, ...columns].join("")).digest("hex").slice(0, 8);
  const all = columns.join("_");
  const name = `${table}_${all}_${hash}${suffix}`;
  if (name.length <= MAX_LENGTH) return name;
  const end = `${hash}${suffix}`.slice(0, MAX_LENGTH / 3);
  const room = Math.floor((MAX_LENGTH - end.length) / 2) - 1;
  return `${table.slice(0, room)}_${all.slice(0, room)}_${end}`;
}
