/**
 * Realms and users, inserted by tests and scripts.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { groupColumns, newRealm, newRow, newUser } from "./rows.ts";
import type { Database, Tables } from "./tables.ts";

/** The ids of a realm and of the only group that may do anything in it. */
export interface AddedRealm {
  readonly id: number;
  readonly group: number;
}

/**
 * Adds a realm and a group without a name, which may do everything in it. They name each other, which
 * the database checks at the commit.
 *
 * @param given As for {@linkcode newRealm}.
 * @throws {DatabaseError} When the database is lost.
 */
export async function addRealm(
  trx: Transaction<Tables>,
  given: Parameters<typeof newRealm>[0],
): Promise<AddedRealm> {
  const { id } = await trx.insertInto("zerver_realm").values(newRealm(given)).returning("id")
    .executeTakeFirstOrThrow();
  const { id: group } = await trx.insertInto("zerver_usergroup")
    .values(newRow("zerver_usergroup", { realm_id: id })).returning("id")
    .executeTakeFirstOrThrow();
  await trx.updateTable("zerver_realm").set(groupColumns("zerver_realm", group))
    .where("id", "=", id).execute();
  return { id, group };
}

/**
 * Adds a user, who has no recipient.
 *
 * @param given As for {@linkcode newUser}.
 * @returns The user's id.
 * @throws {DatabaseError} When the database is lost.
 */
export async function addUser(
  db: Database,
  given: Parameters<typeof newUser>[0],
): Promise<number> {
  const { id } = await db.insertInto("zerver_userprofile").values(newUser(given)).returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
