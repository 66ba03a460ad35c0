/**
 * A handle on a running server, also on one that another process started.
 *
 * @module
 */

import { run } from "../private_server.ts";
import { requireBinaries } from "./programs.ts";

/** A running server. This handle does not start or stop it. */
export class AttachedPostgres implements AsyncDisposable {
  /** URL of the server's first database, with user and password. */
  readonly url: string;

  /** Use {@linkcode attachPostgres} or `startPostgres`. */
  constructor(url: string) {
    this.url = url;
  }

  /**
   * Creates a database and returns its URL.
   *
   * @param template The database that it is a copy of, which nobody may use. Default: an empty one.
   * @throws {Error} When it exists already, or the server cannot be reached.
   */
  async createDatabase(name: string, template?: string): Promise<string> {
    await this.#administer("createdb", ...template ? ["--template", template] : [], name);
    const url = new URL(this.url);
    url.pathname = `/${encodeURIComponent(name)}`;
    return url.href;
  }

  /** Whether there is a database of this name. */
  async hasDatabase(name: string): Promise<boolean> {
    return (await this.#query(`select from pg_database where datname = '${name}'`)).includes(
      "1 row",
    );
  }

  /**
   * Renames a database when nobody uses it.
   *
   * @throws {Error} When there is one of the new name.
   */
  async renameDatabase(name: string, to: string): Promise<void> {
    await this.#query(`alter database "${name}" rename to "${to}"`);
  }

  /** Ends the connections to a database and drops it, if there is such a database. */
  async dropDatabase(name: string): Promise<void> {
    await this.#administer("dropdb", "--if-exists", "--force", name);
  }

  /** The URL, from which {@linkcode attachPostgres} makes a handle in another process. */
  describe(): string {
    return this.url;
  }

  /** Does nothing: whoever started the server ends it. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #query(sql: string): Promise<string> {
    return this.#administer("psql", "-X", "-d", "postgres", "-c", sql);
  }

  async #administer(program: string, ...args: string[]): Promise<string> {
    const { hostname, port, username, password } = new URL(this.url);
    const target = ["-h", hostname, "-p", port || "5432", "-U", decodeURIComponent(username)];
    const env = { PGPASSWORD: decodeURIComponent(password) };
    return await run(`${requireBinaries()}/${program}`, [...target, ...args], { env });
  }
}

/** A handle on a running server. */
export function attachPostgres(url: string): AttachedPostgres {
  return new AttachedPostgres(url);
}
