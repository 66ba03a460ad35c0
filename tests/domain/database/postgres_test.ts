import assert from "node:assert/strict";
import { sql } from "kysely";
import { startPostgres } from "../../../scripts/postgres.ts";
import {
  connectDatabase,
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { describeDatabase } from "../../../lib/domain/database/address.ts";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { connectPostgres } from "../../../lib/domain/database/postgres.ts";
import { inTransaction } from "../../../lib/domain/database/transaction.ts";
import { assertWithin } from "../../fixtures/pace.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { postgresTest } from "../../servers.ts";

/** The error of opening `url`; neither its message nor its inspection may hold the password. */
async function openingError(url: string): Promise<DatabaseError> {
  const error = await openDatabase(url).then(() => assert.fail("It was opened"), (error) => error);
  assert.ok(error instanceof DatabaseError, String(error));
  const { password } = new URL(url);
  assert.ok(password === "" || !Deno.inspect(error).includes(password));
  return error;
}

function changed(
  url: string,
  change: Partial<Record<"password" | "username" | "pathname" | "port" | "search", string>>,
): string {
  return Object.assign(new URL(url), change).href;
}

function one(db: Database): Promise<unknown> {
  return sql`select 1`.execute(db);
}

postgresTest("openDatabase says that the password is wrong, without it", async ({ url }) => {
  const { kind, message } = await openingError(changed(url, { password: "s3cret" }));
  assert.equal(kind, "login");
  assert.equal(
    message,
    `PostgreSQL at ${
      describeDatabase(url)
    } refuses the login (password authentication failed for user "pq"): correct user and password in DATABASE_URL, or the server's pg_hba.conf.`,
  );
});

postgresTest("openDatabase says that a password is needed", async ({ url }) => {
  const start = performance.now();
  const { stdout } = await runProgram("database/open", [changed(url, { password: "" })]);
  assert.match(stdout, /^login: .* refuses the login \(.*password.*\): correct user and password/);
  // The test does not wait until the server closes the connection, after 60 s.
  await assertWithin(performance.now() - start, 30_000, "the refusal");
});

postgresTest("openDatabase says that there is no such database", async ({ url }) => {
  const absent = changed(url, { pathname: "/absent" });
  const { kind, message } = await openingError(absent);
  assert.equal(kind, "missing-database");
  assert.equal(
    message,
    `There is no such database: ${
      describeDatabase(absent)
    } (database "absent" does not exist): create it, or correct DATABASE_URL.`,
  );
});

postgresTest("openDatabase says that the server has no TLS", async ({ url }) => {
  const { kind, message } = await openingError(changed(url, { search: "?sslmode=verify-full" }));
  assert.equal(kind, "tls");
  assert.equal(
    message,
    `No TLS connection to PostgreSQL at ${
      describeDatabase(url)
    } (The server does not support SSL connections): correct sslmode and sslrootcert in DATABASE_URL, or the server's certificate.`,
  );
});

postgresTest("migrateDatabase says that the user may not make tables", async ({ url }) => {
  const role = `guest_${crypto.randomUUID().slice(0, 8)}`;
  await administer(
    url,
    `create role ${role} login password 'guest'`,
    "revoke all on schema public from public",
  );
  const guest = changed(url, { username: role, password: "guest" });
  try {
    await assert.rejects(migrateDatabase(guest), {
      kind: "permission",
      message: new RegExp(
        `^The user of DATABASE_URL lacks a permission in ${
          describeDatabase(url)
        } \\(no schema has been selected to create in\\): grant it\\.$`,
      ),
    });
  } finally {
    await administer(url, `drop role ${role}`);
  }
});

async function administer(url: string, ...statements: string[]): Promise<void> {
  await using db = await connectDatabase(url);
  for (const statement of statements) await sql.raw(statement).execute(db);
}

postgresTest("connectPostgres says that the server takes no writes", async ({ url }) => {
  await using db = await connectDatabase(`${url}?options=-cdefault_transaction_read_only%3Don`);
  await assert.rejects(sql`create table t (id int)`.execute(db), {
    kind: "permission",
    message: `The database ${
      describeDatabase(url)
    } is read-only (cannot execute CREATE TABLE in a read-only transaction): set DATABASE_URL to the primary server, or make it writable.`,
  });
});

postgresTest("connectPostgres says that another transaction holds a lock", async ({ url }) => {
  await migrateDatabase(url);
  await using holder = await openDatabase(url);
  await using db = await connectDatabase(`${url}?options=-clock_timeout%3D50`);
  await holder.transaction().execute(async (trx) => {
    await sql`lock table process_queue_inbox`.execute(trx);
    await assert.rejects(sql`select * from process_queue_inbox`.execute(db), {
      kind: "busy",
      message: `Other sessions hold locks in ${
        describeDatabase(url)
      } (canceling statement due to lock timeout): see pg_stat_activity for long queries.`,
    });
  });
});

postgresTest("connectPostgres says that transactions conflict", async ({ url }) => {
  await migrateDatabase(url);
  await using db = await openDatabase(url);
  await sql`insert into process_queue_inbox values ('q', 'a', 1)`.execute(db);
  const update = sql`update process_queue_inbox set seen_at = seen_at + 1`;
  const snapshot = db.transaction().setIsolationLevel("repeatable read").execute(async (trx) => {
    await sql`select * from process_queue_inbox`.execute(trx);
    await update.execute(db);
    await update.execute(trx);
  });
  await assert.rejects(snapshot, {
    kind: "conflict",
    message: `Transactions in ${
      describeDatabase(url)
    } conflict (could not serialize access due to concurrent update): see pg_stat_activity for what else writes the same rows.`,
  });
});

postgresTest(
  "connectPostgres gives up a query without an answer, and its connection",
  async ({ url }) => {
    await using db = connectPostgres(url, "db:5432/zulip", { queryTimeoutMs: 200 });
    const slow = db.transaction().execute((trx) => sql`select pg_sleep(60)`.execute(trx));
    await assert.rejects(slow, {
      kind: "unreachable",
      message:
        "PostgreSQL at db:5432/zulip cannot be reached (Query read timeout): check that it runs, and that DATABASE_URL names its host and port.",
    });
    await one(db);
  },
);

postgresTest("connectPostgres sets the application name process-queue", async ({ url }) => {
  await using db = await connectDatabase(url);
  const { rows } = await sql`select current_setting('application_name') as name`.execute(db);
  assert.deepEqual(rows, [{ name: "process-queue" }]);
});

/** Ends all other connections to the database, as an operator can. */
async function endOthers(operator: Database): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(operator);
}

postgresTest(
  "connectPostgres outlives the end of a connection in a transaction",
  async ({ url }) => {
    await using db = await connectDatabase(url);
    await using operator = await connectDatabase(url);
    const midway = db.transaction().execute(async (trx) => {
      await one(trx);
      await endOthers(operator);
      await one(trx);
    });
    await assert.rejects(midway, {
      kind: "unreachable",
      message: /terminating connection|terminated/,
    });
    await one(db);
  },
);

postgresTest("connectPostgres outlives the end of an idle connection", async ({ url }) => {
  await using db = await connectDatabase(url);
  await using operator = await connectDatabase(url);
  const backend = async () => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    return rows[0]?.pid;
  };
  const before = await backend();
  await endOthers(operator);
  const deadline = performance.now() + 60_000;
  // The first query may still get the connection that was ended.
  let after: number | undefined;
  while (after === undefined && performance.now() < deadline) {
    after = await backend().catch(() => undefined);
  }
  assert.ok(after !== undefined && after !== before);
});

postgresTest("connectPostgres outlives its server, idle and in a transaction", async () => {
  await using server = await startPostgres();
  await migrateDatabase(server.url);
  await using db = await openDatabase(server.url);
  await assert.rejects(
    db.transaction().execute(async (trx) => {
      await one(trx);
      await server.stop();
      await one(trx);
    }),
    { kind: "unreachable" },
  );
  await assert.rejects(one(db), {
    kind: "unreachable",
    message: new RegExp(
      `^PostgreSQL at ${
        describeDatabase(server.url)
      } cannot be reached \\(.*ECONNREFUSED.*\\): check that it runs, and that DATABASE_URL names its host and port\\.$`,
    ),
  });
  await server.start();
  await one(db);
});

Deno.test("openDatabase says that no server answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  for (const host of ["127.0.0.1", "localhost"]) {
    const { kind, message } = await openingError(`postgres://u:s3cret@${host}:${port}/d`);
    assert.equal(kind, "unreachable");
    assert.match(
      message,
      /^PostgreSQL at \S+:\d+\/d cannot be reached \(.*ECONNREFUSED.*\): check that it runs/,
    );
  }
});

Deno.test("openDatabase says that there is no such host", async () => {
  // A label of 64 characters: no server of names is asked, which may be slow.
  const { kind, message } = await openingError(`postgres://u:s3cret@${"x".repeat(64)}.invalid/d`);
  assert.equal(kind, "unreachable");
  assert.match(
    message,
    /^PostgreSQL at x{64}\.invalid:5432\/d cannot be reached \(.+\): check that/,
  );
});

Deno.test("openDatabase gives up on a server that does not answer", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const accepted = silent.accept();
  const { kind, message } = await openingError(`postgres://u:s3cret@127.0.0.1:${port}/d`);
  (await accepted).close();
  assert.equal(kind, "unreachable");
  assert.match(message, /cannot be reached \(.*timeout.*\): check that it runs/);
});

/** Often enough for the server to keep it. */
async function prepare(run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 5; i++) await run();
}

function successor(db: Database): Promise<{ readonly rows: readonly unknown[] }> {
  return sql`select ${2}::int + 1 as next`.execute(db);
}

postgresTest("a prepared statement that the server has lost runs unprepared", async ({ url }) => {
  await using db = await connectDatabase(url);
  await prepare(() => successor(db));
  const { rows } = await sql`select name from pg_prepared_statements`.execute(db);
  assert.equal(rows.length, 1);
  await sql`deallocate all`.execute(db);
  assert.deepEqual((await successor(db)).rows, [{ next: 3 }]);
});

postgresTest("a transaction that has lost its statement runs again", async ({ url }) => {
  await using db = await connectDatabase(url);
  await prepare(() => successor(db));
  let runs = 0;
  const { rows } = await inTransaction(db, async (trx) => {
    if (++runs === 1) await sql`deallocate all`.execute(trx);
    return await successor(trx);
  });
  assert.deepEqual([rows, runs], [[{ next: 3 }], 2]);
});

postgresTest("a prepared statement outlives a migration of its column", async ({ url }) => {
  await using db = await connectDatabase(url);
  await db.connection().execute(async (one) => {
    await sql`create temp table counted (count int)`.execute(one);
    await sql`insert into counted values (1)`.execute(one);
    const read = () => sql`select count from counted where count >= ${1}`.execute(one);
    await prepare(read);
    await sql`alter table counted alter count type bigint`.execute(one);
    assert.deepEqual((await read()).rows, [{ count: 1 }]);
  });
});
