/**
 * A realm and its users in an empty database, for the scripts that send mails.
 *
 * @module
 */

import { addRealm, addUser } from "../lib/domain/database/add_realm.ts";
import type { Database } from "../lib/domain/database/tables.ts";
import { inTransaction } from "../lib/domain/database/transaction.ts";

const WHEN = new Date("2026-01-01T00:00:00Z");

/** A user who gets mail. */
export interface MailUser {
  readonly id: number;
  readonly address: string;
}

/** Adds a realm with users, whose languages are English and German in turn. */
export async function addUsers(db: Database, count: number): Promise<MailUser[]> {
  return await inTransaction(db, async (trx) => {
    const realm = await addRealm(trx, { string_id: "acme", name: "Acme", date_created: WHEN });
    const users: MailUser[] = [];
    for (let i = 0; i < count; i++) {
      const address = `user${i}@people.example`;
      const id = await addUser(trx, {
        realm_id: realm.id,
        date_joined: WHEN,
        delivery_email: address,
        full_name: `User ${i}`,
        default_language: i % 2 === 0 ? "en" : "de",
      });
      users.push({ id, address });
    }
    return users;
  });
}
