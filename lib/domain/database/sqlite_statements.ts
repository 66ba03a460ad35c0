/**
 * Prepared statements that are kept, as preparing one costs more than to run it.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** The most statements that are kept. */
const MOST = 100;
/** The longest text of a statement that is kept, in UTF-16 units: one of many rows rarely comes again. */
const LONGEST = 2_000;

/**
 * The statements of one connection. SQLite itself prepares one again when the tables have changed, but
 * only when it is run: one with `*`, whose columns may be others then, is not kept. None is in use when
 * another call begins, so each can be used at once.
 */
export class SqliteStatements {
  readonly #db: Pick<DatabaseSync, "prepare">;
  /** By their text; the one that was used last is the last. */
  readonly #kept = new Map<string, StatementSync>();

  /** @param db The connection. */
  constructor(db: Pick<DatabaseSync, "prepare">) {
    this.#db = db;
  }

  /**
   * The statement with a text: a new one, or one that has been used before.
   *
   * @throws {Error} SQLite's, when it cannot be prepared.
   */
  prepare(sql: string): StatementSync {
    const statement = this.#kept.get(sql) ?? this.#db.prepare(sql);
    if (sql.length > LONGEST || sql.includes("*")) return statement;
    this.#kept.delete(sql);
    this.#kept.set(sql, statement);
    if (this.#kept.size > MOST) this.#kept.delete(this.#kept.keys().next().value ?? "");
    return statement;
  }
}
