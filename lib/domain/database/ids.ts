/**
 * Conditions on lists of ids.
 *
 * @module
 */

import { type Kysely, type RawBuilder, sql, type SqlBool } from "kysely";
import { isPostgres } from "./dialect.ts";

/**
 * The condition that a column has one of these ids. The list is one parameter, however long it is.
 *
 * @param column Its name, with that of its table: `m.id`.
 */
export function inIds(
  // deno-lint-ignore no-explicit-any -- whatever its tables
  db: Kysely<any>,
  column: string,
  ids: readonly number[],
): RawBuilder<SqlBool> {
  if (isPostgres(db)) return sql`${sql.ref(column)} = any (${sql.val([...ids])}::bigint[])`;
  return sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(ids)}))`;
}
