/**
 * The tables of the broker's file.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { foreignFile, newerFile, olderProcesses } from "./errors.ts";
import { countHolders } from "./lock.ts";

/** The layout that this version writes, kept as SQLite's `user_version`. */
export const LAYOUT = 2;
/** Marks the file as this program's: SQLite's `application_id`. */
const APPLICATION_ID = 0x70_71_62_72;

/**
 * An event's bytes are written once; its changing state is in narrow tables of its own. An event is
 * in exactly one of `ready`, `taken` and `waiting`. Ids and positions come from one sequence that
 * never goes back. `event.queue` repeats the queue, so that an event can be recovered from a damaged
 * file without those tables. A table that is added goes to the end: recovery knows the first page of
 * each by the order of the tables.
 */
export const TABLES = `
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
    body blob not null,
    queue integer,
    properties_crc integer,
    body_crc integer
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
  create table clock (
    latest integer not null,
    ahead integer not null
  ) strict;
  insert into clock values (0, 0);
  pragma application_id = ${APPLICATION_ID};
  pragma user_version = ${LAYOUT};
`;

/**
 * From layout 1 to 2. Events that it holds have no checksums. A process of an older version that has
 * the file open could take nothing from it any more, and would not say so.
 */
const UPGRADE = `
  alter table event add column queue integer;
  alter table event add column properties_crc integer;
  alter table event add column body_crc integer;
  create table clock (latest integer not null, ahead integer not null) strict;
  insert into clock values (0, 0);
  pragma user_version = ${LAYOUT};
`;

/**
 * Makes the tables if there are none, and brings those of an older layout up to date; to be called
 * in a transaction.
 *
 * @param path The file, for messages.
 * @returns Whether it changed them; if not, there is nothing to commit.
 * @throws {BrokerError} `topology` for a file of another program or of a newer version, or of an
 * older one that still runs.
 */
export function ensureTables(db: DatabaseSync, path: string): boolean {
  const layout = numberOf(db, "pragma user_version");
  const isOurs = numberOf(db, "pragma application_id") === APPLICATION_ID;
  if (isOurs && layout > LAYOUT) throw newerFile(path, layout, LAYOUT);
  if (isOurs && layout < LAYOUT) return upgrade(db, path);
  if (isOurs) assertWritable(db, layout);
  if (isOurs) return false;
  if (numberOf(db, "select count(*) from sqlite_schema") > 0 || layout !== 0) {
    throw foreignFile(path);
  }
  return make(db, TABLES);
}

function upgrade(db: DatabaseSync, path: string): boolean {
  if (countHolders(`${path}-owners`) > 0) throw olderProcesses(path);
  return make(db, UPGRADE);
}

function make(db: DatabaseSync, sql: string): boolean {
  db.exec(sql);
  return true;
}

/** Writes once: SQLite also opens a file that it cannot write, and then fails at each event. */
function assertWritable(db: DatabaseSync, layout: number): void {
  db.prepare(`pragma user_version = ${layout}`).run();
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
