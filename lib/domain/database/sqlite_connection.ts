/**
 * One connection to a SQLite file, which other processes may lock.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { CompiledQuery, type DatabaseConnection, type QueryResult } from "kysely";
import { type Patience, patiently } from "../../system/patience.ts";
import { makePrivateFile } from "../../system/private_file.ts";
import { sqliteFault } from "../../errors/sqlite_fault.ts";
import { sqliteError } from "./sqlite_error.ts";
import { SqliteStatements } from "./sqlite_statements.ts";
import { readRows, storedValue } from "./sqlite_values.ts";

/** ms for which SQLite itself waits for a lock, which blocks the thread. */
const BLOCKING_WAIT_MS = 10;
/** Least and most ms between two tries. */
const PAUSE_MS = [5, 50] as const;

/** Runs statements, each again while another process holds the lock. */
export class SqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #statements: SqliteStatements;
  readonly #path: string;
  readonly #patience: Patience;

  private constructor(db: DatabaseSync, path: string, patienceMs: number) {
    this.#db = db;
    this.#statements = new SqliteStatements(db);
    this.#path = path;
    this.#patience = { ms: patienceMs, pauseMs: PAUSE_MS };
  }

  /**
   * Opens the file; makes it and its folder if they do not exist.
   *
   * @param path The file; `:memory:` for none.
   * @param patienceMs ms after which a lock of another process becomes an error.
   * @throws {DatabaseError} When it cannot be opened or written.
   */
  static async open(path: string, patienceMs: number): Promise<SqliteConnection> {
    const connection = new SqliteConnection(openFile(path), path, patienceMs);
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

  /**
   * Opens a file that exists for reading only, and makes no file beside it, unless another process
   * uses it.
   *
   * @param patienceMs As for {@linkcode SqliteConnection.open}.
   * @throws {DatabaseError} When it cannot be opened.
   */
  static openToRead(path: string, patienceMs: number): SqliteConnection {
    return new SqliteConnection(openUnchanged(path), path, patienceMs);
  }

  /** Whether a transaction is open: some faults end it themselves. */
  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Runs a statement without parameters. */
  async run(sql: string): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(sql));
  }

  /** Runs a statement. */
  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#patiently(() => this.#execute<Row>(query));
  }

  /** Not supported. */
  // deno-lint-ignore require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw await Promise.resolve(new Error("Streaming is not supported with SQLite"));
  }

  /** Closes the file. */
  close(): void {
    this.#db.close();
  }

  /** Writes once: SQLite also opens a file that it cannot write, and then fails at each event. */
  async #requireWritable(): Promise<void> {
    await this.run("begin immediate");
    try {
      await this.run("pragma user_version = 0");
    } finally {
      if (this.inTransaction) await this.run("rollback");
    }
  }

  #execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    const values = parameters.map(storedValue);
    const statement = isScript(sql, values) ? this.#db.prepare(sql) : this.#statements.prepare(sql);
    const columns = statement.columns();
    if (columns.length > 0) return { rows: readRows(statement, columns, values) as Row[] };
    if (isScript(sql, values)) return this.#executeScript(sql);
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  #executeScript(sql: string): QueryResult<never> {
    this.#db.exec(sql);
    return { rows: [] };
  }

  async #patiently<Result>(attempt: () => Result): Promise<Result> {
    try {
      return await patiently(this.#patience, attempt);
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }
}

/** Whether it may have several statements, of which a prepared one is the first only. */
function isScript(sql: string, values: readonly unknown[]): boolean {
  return values.length === 0 && sql.includes(";\n");
}

function makeFile(path: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  makePrivateFile(path);
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") makeFile(path);
    return new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
  } catch (error) {
    throw sqliteError(error, path);
  }
}

/** Opens without the log of changes where there is none, as a reader would leave an empty one. */
function openUnchanged(path: string): DatabaseSync {
  try {
    if (existsSync(`${path}-wal`)) return openReader(path);
    return openReader(`${pathToFileURL(path).href}?immutable=1`);
  } catch (error) {
    // Older runtimes take no URI.
    if (sqliteFault(error) !== "not opened") throw sqliteError(error, path);
  }
  try {
    return openReader(path);
  } catch (error) {
    throw sqliteError(error, path);
  }
}

function openReader(source: string): DatabaseSync {
  return new DatabaseSync(source, { timeout: BLOCKING_WAIT_MS, readOnly: true });
}
