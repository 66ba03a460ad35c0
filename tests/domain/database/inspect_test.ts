/** Looking at a database without changing it. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  connectDatabase,
  type Database,
  inspectDatabase,
  migrateDatabase,
} from "../../../lib/domain/database/database.ts";
import { MIGRATIONS } from "../../../lib/domain/database/migrations.ts";
import { inFolder } from "./each_database.ts";

/** Runs `fn` with the address of a file, and a function that tells all files beside it. */
async function withFile(
  fn: (url: string, files: () => Promise<Map<string, string>>) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const files = async () => {
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      const texts = names.map(async (name) => {
        const bytes = await Deno.readFile(`${folder}/${name}`);
        return [name, new TextDecoder("latin1").decode(bytes)] as const;
      });
      return new Map(await Promise.all(texts));
    };
    await fn(`sqlite:${folder}/a # %41.sqlite`, files);
  });
}

async function execute(db: Database, statement: string): Promise<void> {
  await sql.raw(statement).execute(db);
}

Deno.test("inspectDatabase names the migrations that a SQLite file lacks, and changes nothing", () =>
  withFile(async (url, files) => {
    await using db = await connectDatabase(url);
    await execute(db, "create table mine (n)");
    await db.destroy();
    const before = await files();
    assert.deepEqual(await inspectDatabase(url), [...MIGRATIONS]);
    assert.deepEqual(await files(), before);
    await migrateDatabase(url);
    const migrated = await files();
    assert.deepEqual(await inspectDatabase(url), []);
    assert.deepEqual(await files(), migrated);
  }));

Deno.test("inspectDatabase sees what another process has written and not yet put into the file", () =>
  withFile(async (url) => {
    await migrateDatabase(url);
    await using db = await connectDatabase(url);
    await execute(db, "insert into process_queue_migration values ('9999_later', '')");
    await assert.rejects(inspectDatabase(url), { kind: "newer" });
  }));

Deno.test("inspectDatabase says that a table was removed, and that a file is no database", () =>
  withFile(async (url) => {
    await migrateDatabase(url);
    await using db = await connectDatabase(url);
    await execute(db, "drop table process_queue_inbox");
    await db.destroy();
    await assert.rejects(inspectDatabase(url), { kind: "missing-table" });
    await Deno.writeTextFile(url.slice("sqlite:".length), "no database".repeat(200));
    await assert.rejects(inspectDatabase(url), { kind: "damaged" });
  }));
