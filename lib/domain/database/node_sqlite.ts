/**
 * Kysely on `node:sqlite`: one connection, whose transactions run one after another.
 *
 * @module
 */

import {
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Database } from "./tables.ts";
import { SqliteConnection } from "./sqlite_connection.ts";

/** The default of {@linkcode SqliteOptions.patienceMs}. */
const PATIENCE_MS = 5_000;

/** The options of a SQLite file. */
export interface SqliteOptions {
  /** ms after which a lock of another process becomes an error. @default {5000} */
  readonly patienceMs?: number;
  /** The file exists, and is only read. @default {false} */
  readonly isReadOnly?: boolean;
}

/**
 * Opens a SQLite file (`:memory:` for none), which is made at the first query, with its folder. WAL,
 * `synchronous=FULL`. Every transaction takes the write lock at its start, so that it does not fail
 * half-way because another process wrote.
 */
export function connectSqlite(path: string, options: SqliteOptions = {}): Database {
  const { patienceMs = PATIENCE_MS, isReadOnly = false } = options;
  return new Kysely({ dialect: new NodeSqliteDialect(path, { patienceMs, isReadOnly }) });
}

class NodeSqliteDialect implements Dialect {
  readonly #path: string;
  readonly #options: Required<SqliteOptions>;

  constructor(path: string, options: Required<SqliteOptions>) {
    this.#path = path;
    this.#options = options;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#path, this.#options);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new NodeSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

/** Makes Kysely migrate in a transaction, whose write lock keeps other processes out. */
class NodeSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #path: string;
  readonly #options: Required<SqliteOptions>;
  #connection: SqliteConnection | undefined;

  constructor(path: string, options: Required<SqliteOptions>) {
    this.#path = path;
    this.#options = options;
  }

  async init(): Promise<void> {
    const { patienceMs, isReadOnly } = this.#options;
    this.#connection = isReadOnly
      ? SqliteConnection.openToRead(this.#path, patienceMs)
      : await SqliteConnection.open(this.#path, patienceMs);
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#opened);
  }

  async beginTransaction(): Promise<void> {
    await this.#opened.run("begin immediate");
  }

  async commitTransaction(): Promise<void> {
    await this.#opened.run("commit");
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#opened.inTransaction) await this.#opened.run("rollback");
  }

  async releaseConnection(): Promise<void> {}

  destroy(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    return Promise.resolve();
  }

  get #opened(): SqliteConnection {
    if (this.#connection) return this.#connection;
    throw new Error(`The SQLite database ${this.#path} has been closed`);
  }
}
