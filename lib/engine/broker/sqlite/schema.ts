/**
 * The tables of the broker's file.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { foreignFile, newerFile } from "./errors.ts";

/** The layout that this version writes, kept as SQLite's `user_version`. */
export const LAYOUT = 1;
/** Marks the file as this program's: SQLite's `application_id`. */
const APPLICATION_ID = 0x70_71_62_72;

/**
 * An event's bytes are written once; its changing state is in narrow tables of its own. An event is
 * in exactly one of `ready`, `taken` and `waiting`. Ids and positions come from one sequence that
 * never goes back.
 */
const TABLES = `
  create table sequence (next integer not null) strict;
  insert into sequence values (1);
  create table queue (
    id integer primary key,
    name text not null unique,
    ready integer not null default 0
  ) strict;
  create table event (
    id integer primary key,
    properties text,
    body blob not null
  ) strict;
  create table ready (
    queue integer not null,
    position integer not null,
    event integer not null,
    handouts integer not null,
    primary key (queue, position, event)
  ) strict, without rowid;
  create table taken (
    owner integer not null,
    event integer not null,
    queue integer not null,
    position integer not null,
    handouts integer not null,
    primary key (owner, event)
  ) strict, without rowid;
  create table waiting (
    due integer not null,
    event integer not null,
    queue integer not null,
    primary key (due, event)
  ) strict, without rowid;
  create table owner (
    id integer primary key autoincrement,
    lock text not null unique
  ) strict;
  create table consumer (
    queue integer not null,
    owner integer not null,
    number integer not null,
    primary key (queue, owner, number)
  ) strict, without rowid;
  pragma application_id = ${APPLICATION_ID};
  pragma user_version = ${LAYOUT};
`;

/**
 * Makes the tables if there are none; to be called in a transaction.
 *
 * @param path The file, for messages.
 * @returns Whether it made them; if not, there is nothing to commit.
 * @throws {BrokerError} `topology` for a file of another program or of a newer version.
 */
export function ensureTables(db: DatabaseSync, path: string): boolean {
  const layout = numberOf(db, "pragma user_version");
  const isOurs = numberOf(db, "pragma application_id") === APPLICATION_ID;
  if (isOurs && layout > LAYOUT) throw newerFile(path, layout, LAYOUT);
  if (isOurs) assertWritable(db, layout);
  if (isOurs) return false;
  if (numberOf(db, "select count(*) from sqlite_schema") > 0 || layout !== 0) {
    throw foreignFile(path);
  }
  db.exec(TABLES);
  return true;
}

/** Writes once: SQLite also opens a file that it cannot write, and then fails at each event. */
function assertWritable(db: DatabaseSync, layout: number): void {
  db.prepare(`pragma user_version = ${layout}`).run();
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
