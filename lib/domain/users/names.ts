/**
 * The names of users.
 *
 * @module
 */

import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";

/**
 * The full names of some users by id; those that do not exist are left out.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function userNames(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom("zerver_userprofile").select(["id", "full_name"])
    .where(inIds(db, "zerver_userprofile.id", ids)).execute();
  return new Map(rows.map(({ id, full_name }) => [id, full_name]));
}
