/**
 * Records of effects that are part of a transaction, such as rows and events of the outbox: they
 * happen when it commits, so that they are recorded as done within it, and never as started.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { storedStep, type Writer } from "./effect_rows.ts";
import { pieces } from "./pieces.ts";
import { storedKey } from "./stored_key.ts";
import type { Database, Tables } from "./tables.ts";

/** The most rows in one statement: SQLite takes 32,766 parameters, and a row has six. */
const ROWS = 5_000;

/** Which effects are meant: those of a queue, and what is done for each of its keys. */
export interface KeyedEffect extends Pick<Writer, "queue"> {
  /** What is done, such as `mail`. */
  readonly step: string;
}

/**
 * Those of some keys for which it was done before.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function keysDone(
  trx: Database | Transaction<Tables>,
  { queue, step }: KeyedEffect,
  keys: readonly string[],
): Promise<Set<string>> {
  const done = new Set<string>();
  for (const some of pieces(keys.map(storedKey), ROWS)) {
    const rows = await trx.selectFrom("process_queue_effect").select("key")
      .where("queue", "=", queue).where("step", "=", storedStep(step)).where("state", "=", "done")
      .where("key", "in", some).execute();
    for (const { key } of rows) done.add(key);
  }
  return new Set(keys.filter((key) => done.has(storedKey(key))));
}

/**
 * Records that it is done for some keys.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function recordKeys(
  trx: Transaction<Tables>,
  { queue, step, owner, now }: KeyedEffect & Writer,
  keys: readonly string[],
): Promise<void> {
  const row = { queue, step: storedStep(step), state: "done", owner, at: now } as const;
  for (const some of pieces(keys, ROWS)) {
    await trx.insertInto("process_queue_effect")
      .values(some.map((key) => ({ ...row, key: storedKey(key) })))
      .onConflict((conflict) => conflict.doNothing()).execute();
  }
}
