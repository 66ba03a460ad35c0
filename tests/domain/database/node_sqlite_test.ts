import assert from "node:assert/strict";
import { sql } from "kysely";
import { type Database, openDatabase } from "../../../lib/domain/database/database.ts";
import { connectSqlite } from "../../../lib/domain/database/node_sqlite.ts";
import { runProgram } from "../../fixtures/run_program.ts";
import { inFolder } from "./each_database.ts";

function sqliteTest(name: string, fn: (path: string) => Promise<void>): void {
  Deno.test(name, () => inFolder((folder) => fn(`${folder}/test.sqlite`)));
}

async function pragma(db: Database, name: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db);
  return Object.values(rows[0] ?? {})[0];
}

sqliteTest(
  "connectSqlite writes ahead, syncs each commit and blocks for at most 20 ms",
  async (path) => {
    await using db = connectSqlite(path);
    assert.equal(await pragma(db, "journal_mode"), "wal");
    assert.equal(await pragma(db, "synchronous"), 2);
    assert.ok(Number(await pragma(db, "busy_timeout")) <= 20);
  },
);

sqliteTest("connectSqlite waits for another's lock without blocking the thread", async (path) => {
  await using one = await openDatabase(`sqlite:${path}`);
  await using other = connectSqlite(path);
  const order: string[] = [];
  let waiting = Promise.resolve();
  await one.transaction().execute(async () => {
    waiting = other.transaction().execute(() => Promise.resolve(void order.push("second")));
    // Longer than SQLite itself waits: the timer can fire only because the thread is free.
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push("first");
  });
  await waiting;
  assert.deepEqual(order, ["first", "second"]);
});

sqliteTest("connectSqlite says that a database stays locked", async (path) => {
  await using one = await openDatabase(`sqlite:${path}`);
  await using other = connectSqlite(path, { patienceMs: 100 });
  await one.transaction().execute(async () => {
    await assert.rejects(other.transaction().execute(() => Promise.resolve()), {
      kind: "busy",
      message:
        `The SQLite database ${path} is locked by another process: check what else uses it (database is locked).`,
    });
  });
  await other.transaction().execute(() => Promise.resolve());
});

sqliteTest(
  "connectSqlite says that the disk is full and goes on when there is room",
  async (path) => {
    await using db = await openDatabase(`sqlite:${path}`);
    const fill = () =>
      db.transaction().execute((trx) =>
        sql`insert into process_queue_inbox values ('q', ${"x".repeat(100_000)}, 1)`.execute(trx)
      );
    await sql`pragma max_page_count = 15`.execute(db);
    await assert.rejects(fill(), {
      kind: "full",
      message:
        `The SQLite database ${path} cannot grow, the disk is full: free some space (database or disk is full).`,
    });
    await sql`pragma max_page_count = 1000000`.execute(db);
    await fill();
  },
);

sqliteTest("connectSqlite throws violated constraints as they are", async (path) => {
  await using db = await openDatabase(`sqlite:${path}`);
  const row = { queue: "q", message_id: "a", seen_at: 1 };
  const insert = () => db.insertInto("process_queue_inbox").values(row).execute();
  await insert();
  await assert.rejects(insert(), { name: "Error", message: /UNIQUE constraint failed/ });
});

sqliteTest("connectSqlite rolls back a transaction that throws", async (path) => {
  await using db = await openDatabase(`sqlite:${path}`);
  const failing = db.transaction().execute(async (trx) => {
    await trx.insertInto("process_queue_inbox")
      .values({ queue: "q", message_id: "a", seen_at: 1 }).execute();
    throw new Error("no");
  });
  await assert.rejects(failing, { message: "no" });
  assert.deepEqual(await db.selectFrom("process_queue_inbox").selectAll().execute(), []);
});

sqliteTest("connectSqlite runs transactions of one handle one after another", async (path) => {
  await using db = await openDatabase(`sqlite:${path}`);
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) =>
        db.transaction().execute((trx) =>
          trx.insertInto("process_queue_inbox")
            .values({ queue: "q", message_id: `${index}`, seen_at: index }).execute()
        ),
    ),
  );
  assert.equal((await db.selectFrom("process_queue_inbox").selectAll().execute()).length, 20);
});

Deno.test("openDatabase opens a database in memory", async () => {
  await using db = await openDatabase("sqlite::memory:");
  assert.deepEqual(await db.selectFrom("zerver_useractivity").selectAll().execute(), []);
});

sqliteTest("openDatabase refuses a file of another kind and does not change it", async (path) => {
  const text = "no database at all\n".repeat(200);
  await Deno.writeTextFile(path, text);
  await assert.rejects(openDatabase(`sqlite:${path}`), {
    kind: "damaged",
    message:
      `The SQLite database ${path} is a file of another kind: set DATABASE_URL to another place (file is not a database).`,
  });
  assert.equal(await Deno.readTextFile(path), text);
});

sqliteTest("openDatabase says that a folder is not a file", async (path) => {
  await Deno.mkdir(path);
  await assert.rejects(openDatabase(`sqlite:${path}`), {
    kind: "permission",
    message: new RegExp(
      `^The SQLite database ${path} cannot be opened or created: DATABASE_URL must name a file in a folder where the user who runs the program may write \\(.+\\)\\.$`,
    ),
  });
});

sqliteTest("openDatabase says that the folder cannot be made", async (path) => {
  await Deno.writeTextFile(path, "");
  await assert.rejects(openDatabase(`sqlite:${path}/below/test.sqlite`), {
    kind: "permission",
    message: /cannot be opened or created: DATABASE_URL must name a file/,
  });
});

/** Root may write everywhere; without its capabilities it is like any other user. */
const AS_A_USER = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

sqliteTest("openDatabase says that the file may not be written", async (path) => {
  await (await openDatabase(`sqlite:${path}`)).destroy();
  await Deno.chmod(path, 0o400);
  const { stdout, stderr } = await runProgram("database/open", [`sqlite:${path}`], AS_A_USER);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    `permission: The SQLite database ${path} cannot be written: let the user who runs the program write the file and its folder, or set DATABASE_URL to another place (attempt to write a readonly database).`,
  );
});

sqliteTest("openDatabase says that the folder may not be written", async (path) => {
  const folder = `${path}-folder`;
  await Deno.mkdir(folder, { mode: 0o500 });
  for (const name of ["new.sqlite", "below/new.sqlite"]) {
    const url = `sqlite:${folder}/${name}`;
    const { stdout, stderr } = await runProgram("database/open", [url], AS_A_USER);
    assert.equal(stderr, "");
    assert.match(stdout, /^permission: The SQLite database \S+ cannot be opened or created: /);
  }
});

sqliteTest(
  "a new SQLite file is for its owner only, an existing one keeps its mode",
  async (path) => {
    const modeOf = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
    {
      await using _db = await openDatabase(`sqlite:${path}`);
      for (const each of [path, `${path}-wal`, `${path}-shm`]) {
        assert.equal(
          modeOf(each),
          0o600,
          each,
        );
      }
    }
    Deno.chmodSync(path, 0o640);
    await using _db = await openDatabase(`sqlite:${path}`);
    assert.equal(modeOf(path), 0o640);
  },
);
