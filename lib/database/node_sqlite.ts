/**
 * Kysely on `node:sqlite`: one connection, writes that outlast a crash, and patience with other
 * processes that does not block the thread.
 *
 * @module
 */

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Database } from "./database.ts";
import { isBusy, sqliteError } from "./sqlite_error.ts";

/** ms for which SQLite itself waits for a lock; the thread stands still meanwhile. */
const BLOCKING_WAIT_MS = 10;
/** ms for which a locked database is tried again before that is an error. */
const PATIENCE_MS = 5_000;
/** Least and most ms between two tries. */
const PAUSE_MS = [5, 50] as const;

/** How to open a SQLite file. */
export interface SqliteOptions {
  /** ms to wait for a lock that others hold. @default {5000} */
  readonly patienceMs?: number;
}

/**
 * A handle on a SQLite file (`:memory:` for none); it and its folder are made at the first query.
 * WAL, `synchronous=FULL`; every transaction takes the write lock at its start, so that it never
 * fails half-way because another process wrote.
 */
export function connectSqlite(path: string, options: SqliteOptions = {}): Database {
  return new Kysely({ dialect: new NodeSqliteDialect(path, options.patienceMs ?? PATIENCE_MS) });
}

class NodeSqliteDialect implements Dialect {
  readonly #path: string;
  readonly #patienceMs: number;

  constructor(path: string, patienceMs: number) {
    this.#path = path;
    this.#patienceMs = patienceMs;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#path, this.#patienceMs);
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

/** Lets Kysely migrate in a transaction: that it takes the write lock keeps other migrators out. */
class NodeSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #path: string;
  readonly #patienceMs: number;
  #connection: NodeSqliteConnection | undefined;

  constructor(path: string, patienceMs: number) {
    this.#path = path;
    this.#patienceMs = patienceMs;
  }

  async init(): Promise<void> {
    this.#connection = await NodeSqliteConnection.open(this.#path, this.#patienceMs);
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

  get #opened(): NodeSqliteConnection {
    if (this.#connection) return this.#connection;
    throw new Error(`The SQLite database ${this.#path} has been closed`);
  }
}

type Parameter = string | number | bigint | null | Uint8Array;

class NodeSqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #patienceMs: number;

  private constructor(db: DatabaseSync, path: string, patienceMs: number) {
    this.#db = db;
    this.#path = path;
    this.#patienceMs = patienceMs;
  }

  static async open(path: string, patienceMs: number): Promise<NodeSqliteConnection> {
    const connection = new NodeSqliteConnection(openFile(path), path, patienceMs);
    try {
      await connection.run("pragma journal_mode = wal");
      await connection.run("pragma synchronous = full");
      await connection.#requireWritable();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  async run(sql: string): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(sql));
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#patiently(() => this.#execute<Row>(query));
  }

  // deno-lint-ignore require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw await Promise.resolve(new Error("Streaming is not supported with SQLite"));
  }

  close(): void {
    this.#db.close();
  }

  /** A file that cannot be written is opened all the same, and would fail at each event. */
  async #requireWritable(): Promise<void> {
    await this.run("begin immediate");
    await this.run("rollback");
  }

  #execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    const statement = this.#db.prepare(sql);
    const values = parameters as readonly Parameter[];
    if (statement.columns().length > 0) return { rows: statement.all(...values) as Row[] };
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  async #patiently<Result>(attempt: () => Result): Promise<Result> {
    const deadline = performance.now() + this.#patienceMs;
    while (true) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw sqliteError(error, this.#path);
      }
      await delay(PAUSE_MS[0] + Math.random() * (PAUSE_MS[1] - PAUSE_MS[0]));
    }
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") Deno.mkdirSync(dirname(path), { recursive: true });
    return new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
  } catch (error) {
    throw sqliteError(error, path);
  }
}
