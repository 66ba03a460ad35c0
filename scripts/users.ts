/**
 * A realm and its users in an empty database, for the scripts that send mails.
 *
 * @module
 */

import type { Database } from "../lib/domain/database/tables.ts";
import { groupColumns, newRealm, newRow, newUser } from "../lib/domain/database/rows.ts";

const WHEN = new Date("2026-01-01T00:00:00Z");

/** A user who gets mail. */
export interface MailUser {
  readonly id: number;
  readonly address: string;
}

/** Adds a realm with users, whose languages are English and German in turn. */
export async function addUsers(db: Database, count: number): Promise<MailUser[]> {
  return await db.transaction().execute(async (trx) => {
    const realm = await trx.insertInto("zerver_realm")
      .values(newRealm({ string_id: "acme", name: "Acme", date_created: WHEN })).returning("id")
      .executeTakeFirstOrThrow();
    const group = await trx.insertInto("zerver_usergroup")
      .values(newRow("zerver_usergroup", { realm_id: realm.id })).returning("id")
      .executeTakeFirstOrThrow();
    // A realm and its groups name each other, which is checked at the commit.
    await trx.updateTable("zerver_realm").set(groupColumns("zerver_realm", group.id))
      .where("id", "=", realm.id).execute();
    const users: MailUser[] = [];
    for (let i = 0; i < count; i++) {
      const address = `user${i}@people.example`;
      const row = newUser({
        realm_id: realm.id,
        date_joined: WHEN,
        delivery_email: address,
        full_name: `User ${i}`,
        default_language: i % 2 === 0 ? "en" : "de",
      });
      const { id } = await trx.insertInto("zerver_userprofile").values(row).returning("id")
        .executeTakeFirstOrThrow();
      users.push({ id, address });
    }
    return users;
  });
}
