/**
 * The language in which tables are declared. A declaration has what SQL needs and what Django adds
 * (indexes, defaults); the types of rows follow from it, the same on SQLite and PostgreSQL.
 *
 * @module
 */

import type { ColumnType } from "kysely";

/** The types of columns, by their names in PostgreSQL; `schema/ddl.ts` has SQLite's. */
export type Kind =
  | "boolean"
  | "smallint"
  | "integer"
  | "bigint"
  | "text"
  | `varchar(${number})`
  | "timestamptz"
  | "jsonb"
  | "bytea"
  | "uuid"
  | "tsvector";

/**
 * Who gives the value of a new row: `always` its insert; `django` its insert, for which
 * {@linkcode newRow} has the default of Zulip's model; `database` the database, unless the insert
 * does, as the column may be null, has a default or numbers the rows.
 */
export type Giver = "always" | "django" | "database";

/** What a column has beside its type. */
export interface Options<Value> {
  /** Whether it may be null; its insert may leave it out. */
  readonly nullable?: true;
  /** The default that Django gives; the database has none. */
  readonly standard?: Value;
  /** The default that the database gives. */
  readonly databaseDefault?: Value;
  /** Whether Django makes an index of it. */
  readonly index?: true;
  /** Whether no two rows may have the same value. */
  readonly unique?: true;
}

/** A column. `Read` is what a query returns, `Write` what an insert takes. */
export interface Column<Read = unknown, Write = unknown, By extends Giver = Giver> {
  /** Its type. */
  readonly kind: Kind;
  /** What it has beside its type. */
  readonly options: Options<unknown>;
  /** Whether values under 0 are refused, as Django's positive fields do. */
  readonly positive?: true;
  /** Whether its numbers may be over 2^53. */
  readonly exact?: true;
  /** Whether it is the primary key, numbered by the database. */
  readonly identity?: true;
  /** The table of which it has the primary key. */
  readonly references?: string;
  /** Only for the types of rows. */
  readonly types?: { readonly read: Read; readonly write: Write; readonly by: By };
}

type ReadBy<Value, Chosen> = Chosen extends { nullable: true } ? Value | null : Value;
type GivenBy<Chosen> = Chosen extends { nullable: true } ? "database"
  : Chosen extends { databaseDefault: unknown } ? "database"
  : Chosen extends { standard: unknown } ? "django"
  : "always";
type Chosen<Read, Write, Given> = Column<
  ReadBy<Read, Given>,
  ReadBy<Write, Given>,
  GivenBy<Given>
>;

function maker<Read, Write = Read>(kind: Kind, more: Partial<Column> = {}) {
  return <const Given extends Options<Write> = Options<never>>(
    options?: Given,
  ): Chosen<Read, Write, Given> => ({ kind, options: options ?? {}, ...more } as never);
}

/** Read as a boolean on both databases; what an expression returns is 0 or 1 on SQLite. */
export const boolean = maker<boolean>("boolean");
/** A whole number of 16 bits. */
export const smallint = maker<number>("smallint");
/** A whole number from 0 to 32767. */
export const positiveSmallint = maker<number>("smallint", { positive: true });
/** A whole number of 32 bits. */
export const integer = maker<number>("integer");
/** A whole number from 0 to 2147483647. */
export const positiveInteger = maker<number>("integer", { positive: true });
/** A whole number of 64 bits which never reaches 2^53, such as an id, a count or a time in ms. */
export const bigint = maker<number>("bigint");
/** A whole number of 64 bits: a number up to 2^53 and a bigint from there on, always exact. */
export const int64 = maker<number | bigint>("bigint", { exact: true });
/** Text of any length, without the character NUL. */
export const text = maker<string>("text");
/** Read as a Date, which has milliseconds: what needs the microsecond compares in SQL. */
export const time = maker<Date>("timestamptz");
/** Read as what `parseJson` returns; written as JSON text, so that an array is one on PostgreSQL. */
export const json = maker<unknown, string>("jsonb");
/** Bytes. */
export const bytes = maker<Uint8Array>("bytea");
/** Lower-case text with its hyphens. */
export const uuid = maker<string>("uuid");
/** The words of a message that a search finds. PostgreSQL writes it itself. */
export const searchVector = maker<string>("tsvector");

/** Text of at most so many characters (code points). */
export function varchar<const Given extends Options<string> = Options<never>>(
  length: number,
  options?: Given,
): Chosen<string, string, Given> {
  return maker<string>(`varchar(${length})`)(options);
}

/** The primary key `id`, which the database numbers. */
export function id(width: "integer" | "bigint" = "bigint"): Column<number, number, "database"> {
  return { kind: width, options: {}, identity: true };
}

/** Zulip's tables whose primary key has 32 bits; those of all others have 64. */
const NARROW = new Set([
  "zerver_realm",
  "zerver_userprofile",
  "zerver_message",
  "zerver_archivedmessage",
  "zerver_recipient",
  "zerver_client",
  "django_content_type",
]);

/** A foreign key, named `…_id`. It has an index. It is checked when the transaction commits. */
export function to<const Given extends Options<number> = Options<never>>(
  table: string,
  options?: Given,
): Chosen<number, number, Given> {
  const width = NARROW.has(table) ? "integer" : "bigint";
  return maker<number>(width, { references: table })(options);
}

/** The columns of a table, by their names. */
export type Columns = Readonly<Record<string, Column>>;

/** The type of a table's rows, for Kysely. */
export type RowsOf<Declared extends { readonly columns: Columns }> = {
  [Name in keyof Declared["columns"]]: TypeOf<Declared["columns"][Name]>;
};

type TypeOf<One> = One extends Column<infer Read, infer Write, infer By>
  ? ColumnType<Read, By extends "database" ? Write | undefined : Write, Write>
  : never;
