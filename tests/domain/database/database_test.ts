import assert from "node:assert/strict";
import { describeDatabase } from "../../../lib/domain/database/address.ts";
import { connectDatabase } from "../../../lib/domain/database/database.ts";
import { DatabaseError, isDatabaseLost } from "../../../lib/domain/database/database_error.ts";

const NOT_AN_ADDRESS = {
  kind: "url",
  message: "DATABASE_URL is not the address of a database: set it to sqlite:path/of/file, or to " +
    "postgres://user:password@host:port/database with what is not a letter or digit in user and " +
    "password percent-encoded.",
};

Deno.test("describeDatabase names host, port and database, and no password", () => {
  const names = {
    "postgres://zulip:s3cret@db.example.com/zulip": "db.example.com:5432/zulip",
    "postgresql://zulip:s3cret@db:5433/zulip?sslmode=require": "db:5433/zulip",
    "postgres:///zulip": "localhost:5432/zulip",
    "postgres:///zulip?host=/var/run/postgresql": "/var/run/postgresql:5432/zulip",
    "postgres://u:p@%2Fvar%2Frun%2Fpostgresql/zulip": "/var/run/postgresql:5432/zulip",
    "postgres://[::1]:5433/zulip": "[::1]:5433/zulip",
    "sqlite:var/pq.sqlite": "var/pq.sqlite",
    "sqlite:/var/lib/pq.sqlite": "/var/lib/pq.sqlite",
    "sqlite:///var/lib/pq.sqlite": "/var/lib/pq.sqlite",
    "sqlite::memory:": ":memory:",
  };
  for (const [url, name] of Object.entries(names)) assert.equal(describeDatabase(url), name);
});

Deno.test("connectDatabase refuses an invalid address, without repeating it", async () => {
  const urls = ["", "sqlite:", "mysql://u:s3cret@h/d", "postgres://u:s3#cret@h:x/d", "zulip.db"];
  for (const url of urls) await assert.rejects(connectDatabase(url), NOT_AN_ADDRESS);
});

Deno.test("isDatabaseLost tells faults of the database from others", () => {
  assert.equal(isDatabaseLost(new DatabaseError("busy", "locked")), true);
  assert.equal(isDatabaseLost(new Error("UNIQUE constraint failed")), false);
  assert.equal(isDatabaseLost(undefined), false);
});

Deno.test("the modules a worker imports for types load neither kysely nor pg", async () => {
  const root = new URL("../../../", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `${root}lib/domain/database/database.ts`],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const loaded = (modules as Module[]).find(({ specifier }) =>
    specifier.endsWith("/lib/domain/database/database.ts")
  )?.dependencies?.filter(({ code, isDynamic }) => code && !isDynamic);
  assert.deepEqual(loaded?.map(({ specifier }) => specifier), [
    "node:fs",
    "./address.ts",
    "./database_error.ts",
  ]);
});

interface Module {
  specifier: string;
  dependencies?: { specifier: string; code?: unknown; isDynamic?: boolean }[];
}
