/**
 * The addresses of databases, as in `DATABASE_URL`.
 *
 * @module
 */

import { resolve } from "node:path";
import { DatabaseError } from "./database_error.ts";

/** SQLite's name for a database in memory. */
const IN_MEMORY = ":memory:";

/**
 * The name of a database in messages: `host:port/database`, or the path of a SQLite file.
 *
 * @throws {DatabaseError} `url` when the address is not valid. The message does not repeat it, since
 * it may hold a password.
 */
export function describeDatabase(url: string): string {
  const where = isSqlite(url) ? sqlitePath(url) : postgresPlace(url);
  if (where) return where;
  throw new DatabaseError(
    "url",
    "DATABASE_URL is not the address of a database: set it to sqlite:path/of/file, or to " +
      "postgres://user:password@host:port/database with what is not a letter or digit in user " +
      "and password percent-encoded.",
  );
}

/** Whether an address is that of a SQLite file; any other is PostgreSQL's. */
export function isSqlite(url: string): boolean {
  return url.startsWith("sqlite:");
}

/** The address with the path of a SQLite file made absolute; any other as it is. */
export function absoluteAddress(url: string): string {
  if (!isSqlite(url)) return url;
  const path = sqlitePath(url);
  return path === IN_MEMORY ? url : `sqlite:${resolve(path)}`;
}

function sqlitePath(url: string): string {
  return url.replace(/^sqlite:(\/\/)?/, "");
}

function postgresPlace(url: string): string | undefined {
  const { protocol, hostname, port, pathname, searchParams } = URL.parse(url) ?? {};
  if (protocol !== "postgres:" && protocol !== "postgresql:") return undefined;
  const host = hostname || searchParams?.get("host") || "localhost";
  return `${host}:${port || 5432}${pathname}`.replaceAll("%2F", "/");
}
