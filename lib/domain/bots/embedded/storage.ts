/**
 * What embedded bots keep, and what they are configured with.
 *
 * @module
 */

import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import { inTransaction } from "../../database/transaction.ts";
import { BotError, type BotStorage } from "./embedded_bot.ts";

/**
 * The storage of a bot.
 *
 * @param limit USER_STATE_SIZE_LIMIT: characters (code points) of all keys and values.
 */
export function botStorage(db: Database, bot: number, limit: number): BotStorage {
  return {
    get: async (key) => JSON.parse(await stored(db, bot, key) ?? missing()),
    contains: async (key) => await stored(db, bot, key) !== undefined,
    put: (key, value) => put(db, { bot, key, value: JSON.stringify(value) ?? "null", limit }),
    async remove(key) {
      const { numDeletedRows } = await db.deleteFrom("zerver_botstoragedata")
        .where("bot_profile_id", "=", bot).where("key", "=", key).executeTakeFirst();
      if (numDeletedRows === 0n) missing();
    },
  };
}

function missing(): never {
  throw new BotError("Key does not exist.");
}

async function stored(db: Database, bot: number, key: string): Promise<string | undefined> {
  const row = await db.selectFrom("zerver_botstoragedata").select("value")
    .where("bot_profile_id", "=", bot).where("key", "=", key).executeTakeFirst();
  return row?.value;
}

interface Put {
  readonly bot: number;
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly limit: number;
}

async function put(db: Database, { bot, key, value, limit }: Put): Promise<void> {
  await inTransaction(db, async (trx) => {
    const others = await trx.selectFrom("zerver_botstoragedata")
      .select(sql<number | bigint | null>`sum(length(key) + length(value))`.as("size"))
      .where("bot_profile_id", "=", bot).where("key", "<>", key).executeTakeFirst();
    const size = Number(others?.size ?? 0) + charactersOf(key) + charactersOf(value);
    if (size > limit) {
      throw new BotError(
        `Request exceeds storage limit by ${size - limit} characters. ` +
          `The limit is ${limit} characters.`,
      );
    }
    await trx.insertInto("zerver_botstoragedata").values({ bot_profile_id: bot, key, value })
      .onConflict((conflict) => conflict.columns(["bot_profile_id", "key"]).doUpdateSet({ value }))
      .execute();
  });
}

function charactersOf(text: string): number {
  return Array.from(text).length;
}

/**
 * What a bot was configured with, by key.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function botConfig(db: Database, bot: number): Promise<Record<string, string>> {
  const rows = await db.selectFrom("zerver_botconfigdata").select(["key", "value"])
    .where("bot_profile_id", "=", bot).execute();
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
