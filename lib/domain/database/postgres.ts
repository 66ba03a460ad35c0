/**
 * Kysely on `pg`: a small pool that outlives its server, and errors that say what to do.
 *
 * @module
 */

import {
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from "kysely";
import pg from "pg";
import type { Database } from "./tables.ts";
import { POSTGRES_TYPES } from "./postgres_values.ts";
import { isConnectionFault, isStaleStatement, postgresError } from "./postgres_error.ts";
import { PostgresStatements } from "./postgres_statements.ts";

/** The most connections; they are made when needed. */
const MAX_CONNECTIONS = 4;
/** ms that connecting may take. */
const CONNECT_TIMEOUT_MS = 5_000;
/** The default of {@linkcode PostgresOptions.queryTimeoutMs}. */
const QUERY_TIMEOUT_MS = 10_000;
/** ms after which an unused connection is closed. */
const IDLE_TIMEOUT_MS = 60_000;

/** The options of a PostgreSQL database. */
export interface PostgresOptions {
  /**
   * ms that the answer to a query may take; then the connection counts as lost, since a server may
   * vanish silently. @default {10000}
   */
  readonly queryTimeoutMs?: number;
}

/**
 * Opens a PostgreSQL database, which connects at the first query, and again after a loss.
 *
 * @param url `postgres://…`, with libpq's options such as `sslmode`.
 * @param where The name of the database in messages.
 */
export function connectPostgres(
  url: string,
  where: string,
  options: PostgresOptions = {},
): Database {
  const pool = openPool(url, where, options);
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

function openPool(url: string, where: string, options: PostgresOptions): PostgresPool {
  const pool: ServerPool = new pg.Pool({
    Client: ClosingClient,
    connectionString: url,
    application_name: "process-queue",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    types: POSTGRES_TYPES,
  });
  surviveLoss(pool);
  const statements = new PostgresStatements();
  return {
    options: pool.options,
    connect: () => connect(pool, where, statements),
    end: () => pool.end(),
  };
}

/** The parts of `pg.Pool` and its clients that are used here; `pg` has no types of its own. */
interface ServerPool extends PostgresPool {
  connect(): Promise<ServerClient>;
  on(event: "error", listener: () => void): unknown;
  on(event: "connect", listener: (client: ServerClient) => void): unknown;
}

interface ServerClient extends PostgresPoolClient {
  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(query: NamedQuery): Promise<PostgresQueryResult<Row>>;
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
}

/** A statement that the server keeps by its name. */
interface NamedQuery {
  readonly name: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

interface ConnectingClient {
  readonly connection: { readonly stream: { destroy(): void } };
  connect(done: (error?: unknown) => void): void;
}

const Client: new (options: object) => ConnectingClient = pg.Client;

/** Closes the socket when it cannot log in: `pg` waits for the server to do so. */
class ClosingClient extends Client {
  override connect(done: (error?: unknown) => void): void {
    super.connect((error) => {
      if (error) this.connection.stream.destroy();
      done(error);
    });
  }
}

/** Ignores errors, which without a listener end the process: the next query reports them. */
function surviveLoss(pool: ServerPool): void {
  const ignore = () => {};
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
}

async function connect(
  pool: ServerPool,
  where: string,
  statements: PostgresStatements,
): Promise<PostgresPoolClient> {
  try {
    return new GuardedClient(await pool.connect(), where, statements);
  } catch (error) {
    throw postgresError(error, where);
  }
}

const BEGIN = /^(begin|start transaction)/i;
const END = /^(commit|rollback)$/i;

/** Explains errors, and keeps a connection that had a fault out of the pool. */
class GuardedClient implements PostgresPoolClient {
  readonly #client: ServerClient;
  readonly #where: string;
  readonly #statements: PostgresStatements;
  readonly #onError = (error: unknown): void => {
    this.#fault ??= postgresError(error, this.#where);
  };
  #fault: unknown;
  #inTransaction = false;

  constructor(client: ServerClient, where: string, statements: PostgresStatements) {
    this.#client = client;
    this.#where = where;
    this.#statements = statements;
    client.on("error", this.#onError);
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(
    query: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    return typeof query === "string"
      ? this.#run<Row>(query, parameters)
      : this.#client.query(query);
  }

  async #run<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    if (this.#fault) throw this.#fault;
    if (BEGIN.test(text)) this.#inTransaction = true;
    if (END.test(text)) this.#inTransaction = false;
    try {
      return await this.#send<Row>(text, values);
    } catch (error) {
      if (isConnectionFault(error)) this.#onError(error);
      throw this.#fault ?? postgresError(error, this.#where);
    }
  }

  /** A prepared statement that the server has lost ends its transaction, which then runs again. */
  async #send<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    const name = this.#statements.nameOf(text, values.length);
    try {
      return await this.#client.query<Row>({ name, text, values });
    } catch (error) {
      if (!isStaleStatement(error)) throw error;
      this.#statements.forget();
      if (this.#inTransaction) throw error;
      return await this.#client.query<Row>({ name: undefined, text, values });
    }
  }

  release(destroy?: boolean): void {
    this.#client.off("error", this.#onError);
    this.#client.release(destroy || this.#fault !== undefined);
  }
}
