/** The program's copy of Kysely, for workers in a folder outside: `sql` is not in `ctx.database()`. @module */

export * from "kysely";
