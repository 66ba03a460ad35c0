import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { MagickFormat } from "@imagemagick/magick-wasm";
import { sql } from "kysely";
import { loadConfig } from "../../../lib/config/config.ts";
import { mergeEnvironment } from "../../../lib/config/environment.ts";
import { embeddedBot } from "../../../lib/domain/bots/embedded/registry.ts";
import { describeDatabase } from "../../../lib/domain/database/address.ts";
import {
  connectDatabase,
  type Database,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import { ZULIP_TABLES } from "../../../lib/domain/database/tables/all.ts";
import { type AllowList, parseAllowList } from "../../../lib/domain/http/allow_list.ts";
import { runSeed } from "../../../lib/modes/seed/seed.ts";
import { createZulip, zulipUrl } from "../../fixtures/database/shapes.ts";
import { look } from "../../fixtures/pictures/pictures.ts";
import { postgresTest } from "../../servers.ts";
import { eachDatabaseTest, inFolder } from "../../domain/database/each_database.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

interface Seeding {
  readonly code: number;
  /** Standard output. */
  readonly out: readonly string[];
  /** Standard error. */
  readonly err: readonly string[];
}

async function seed(databaseUrl: string, envFile?: string, stateDir = "/state"): Promise<Seeding> {
  const out: string[] = [];
  const err: string[] = [];
  const services = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void err.push(line),
  };
  const code = await runSeed({ envFile }, { databaseUrl, stateDir }, services, NOW);
  return { code, out, err };
}

async function users(db: Database): Promise<number> {
  const { rows: [row] } = await sql<{ count: number }>`
    select count(*) as count from zerver_userprofile`.execute(db);
  return Number(row?.count);
}

eachDatabaseTest("seed fills a database, and later rows are numbered behind", async (database) => {
  const { code, out, err } = await seed(database.url);
  assert.deepEqual([code, err], [0, []]);
  assert.equal(
    out[0],
    `Filled the database ${describeDatabase(database.url)}: 3 organizations, 28 users, ` +
      "9 channels, 500 messages",
  );
  assert(out.some((line) => line.startsWith("  process-queue publish user_activity '{")));
  const db = await database.open();
  assert.equal(await users(db), 28);
  const { id } = await db.insertInto("zerver_client").values({ name: "another" }).returning("id")
    .executeTakeFirstOrThrow();
  assert.equal(id, 4);
});

// PostgreSQL checks that itself, at the commit.
Deno.test("what seed inserts refers to rows that there are", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await seed(url);
    await using db = await openDatabase(url);
    for (const { name, columns } of Object.values(ZULIP_TABLES)) {
      for (const [column, { references }] of Object.entries(columns)) {
        const target = Object.values(ZULIP_TABLES).find((table) => table.name === references);
        if (!target) continue;
        const key = "id" in target.columns ? "id" : "usergroup_ptr_id";
        const { rows } = await sql`select ${sql.ref(column)} from ${sql.table(name)}
        where ${sql.ref(column)} is not null and not exists (select 1 from
        ${sql.table(target.name)} as target where ${sql.ref(`target.${key}`)} =
        ${sql.ref(`${name}.${column}`)}) limit 1`.execute(db);
        assert.deepEqual(rows, [], `${name}.${column}`);
      }
    }
  }));

eachDatabaseTest("seed refuses a database that has users, and says how many", async (database) => {
  await seed(database.url);
  assert.deepEqual(await seed(database.url), {
    code: 1,
    out: [],
    err: [
      `The database ${describeDatabase(database.url)} has 28 users already, and seed fills only ` +
      "an empty one: set DATABASE_URL to another database, such as sqlite:./seed.sqlite. Nothing " +
      "was changed.",
    ],
  });
});

eachDatabaseTest("of two seeds at once one fills the database", async (database) => {
  const both = await Promise.all([seed(database.url), seed(database.url)]);
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1]);
  assert.match(both.flatMap(({ err }) => err).join(), /has 28 users already/);
});

eachDatabaseTest("seed leaves nothing behind where a row is refused", async (database) => {
  const db = await database.open();
  await sql`insert into zerver_client (id, name) values (70, 'website')`.execute(db);
  const { code, err } = await seed(database.url);
  assert.equal(code, 1);
  assert.match(err.join(), /zerver_client/);
  assert.equal(await users(db), 0);
});

postgresTest("seed refuses a Zulip server's database before it makes tables", async ({ url }) => {
  await createZulip(url);
  const { code, err } = await seed(zulipUrl(url));
  assert.equal(code, 1);
  assert.match(
    err.join(),
    /^The database .+ is a Zulip server's, and seed fills only a database of the program's own: set DATABASE_URL to another database, such as sqlite:\.\/seed\.sqlite\.$/,
  );
  await using db = await connectDatabase(zulipUrl(url));
  const { rows } = await sql`select from pg_class where relname like 'process_queue%'`.execute(db);
  assert.equal(rows.length, 0);
});

Deno.test("seed --env writes settings with which every worker of the program runs", () =>
  inFolder(async (folder) => {
    const file = `${folder}/new.env`;
    const stateDir = `${folder}/a "state" $folder`;
    const url = `sqlite:${folder}/test.sqlite`;
    const { code, out } = await seed(url, file, stateDir);
    assert.equal(code, 0);
    assert.equal(
      out[1],
      `Wrote settings for all workers to ${file}: named .env, commands in its folder use it`,
    );
    assert.equal((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
    const config = loadConfig(mergeEnvironment({}, await Deno.readTextFile(file)));
    assert.deepEqual([config.databaseUrl, config.stateDir], [url, stateDir]);
    assert.equal(config.broker.kind, "embedded");
    assert.deepEqual(await missing(config.effective), []);
    assert.equal(config.uploads.localDir, `${stateDir}/uploads`);
  }));

Deno.test("seed --env writes the pictures of messages, and thumbnails can be made of them", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await seed(url, `${folder}/new.env`, folder);
    await using db = await openDatabase(url);
    const pictures = await db.selectFrom("zerver_imageattachment").select("path_id").execute();
    assert(pictures.length > 1);
    for (const { path_id } of pictures) {
      const bytes = readFileSync(`${folder}/uploads/files/${path_id}`);
      const seen = look(bytes, MagickFormat.Png);
      assert.deepEqual([seen.width, seen.height], [1280, 800]);
    }
    const messages = await db.selectFrom("zerver_message").select("id")
      .where("rendered_content", "like", "%image-loading-placeholder%").execute();
    assert.equal(messages.length, pictures.length);
  }));

Deno.test("seed fills no database whose pictures it cannot write", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    writeFileSync(`${folder}/uploads`, "");
    const { code, err } = await seed(url, `${folder}/new.env`, folder);
    assert.equal(code, 1);
    assert.match(err.join(), /uploads/);
    assert(!existsSync(`${folder}/new.env`));
    await using db = await openDatabase(url);
    assert.equal(await users(db), 0);
  }));

Deno.test("the services of a seed's bots are known, and its settings let them be called", () =>
  inFolder(async (folder) => {
    const file = `${folder}/new.env`;
    const url = `sqlite:${folder}/test.sqlite`;
    await seed(url, file, folder);
    const config = loadConfig(mergeEnvironment({}, await Deno.readTextFile(file)));
    const allowed = parseAllowList(config.http.allowedHosts);
    await using db = await openDatabase(url);
    for (const { name, base_url } of await db.selectFrom("zerver_service").selectAll().execute()) {
      if (base_url === "") assert(embeddedBot(name), name);
      else assert(isAllowed(allowed, new URL(base_url)), base_url);
    }
  }));

function isAllowed(allowed: AllowList, { hostname, port }: URL): boolean {
  return allowed.allowsAddress(hostname, { host: hostname, port: Number(port) });
}

/** The settings that the program's workers require and that are not set. */
async function missing(
  settings: readonly { readonly name: string; readonly value: string | undefined }[],
): Promise<string[]> {
  const set = new Set(settings.filter(({ value }) => value).map(({ name }) => name));
  const files = [...Deno.readDirSync("workers")].map(({ name }) => name)
    .filter((name) => /^[a-z].*\.ts$/.test(name));
  const required = await Promise.all(files.map(async (name) => {
    const { default: worker } = await import(`../../../workers/${name}`);
    return (worker.requires ?? []) as string[];
  }));
  return required.flat().filter((name) => !set.has(name));
}

Deno.test("seed --env overwrites no file, and then fills no database", () =>
  inFolder(async (folder) => {
    const file = `${folder}/.env`;
    await Deno.writeTextFile(file, "STATE_DIR=/mine\n");
    const url = `sqlite:${folder}/test.sqlite`;
    assert.deepEqual((await seed(url, file)).err, [
      `The file ${file} exists, and seed overwrites none: name another one, or remove it. The ` +
      "database was not changed.",
    ]);
    assert.equal(await Deno.readTextFile(file), "STATE_DIR=/mine\n");
    const elsewhere = await seed(url, `${folder}/missing/.env`);
    assert.match(
      elsewhere.err.join(),
      /missing\/\.env cannot be made \(.+\): name one in a folder/,
    );
    await using db = await openDatabase(url);
    assert.equal(await users(db), 0);
  }));

Deno.test("the settings of a database that was filled stay, also where nobody reads the report", () =>
  inFolder(async (folder) => {
    const file = `${folder}/.env`;
    const databaseUrl = `sqlite:${folder}/test.sqlite`;
    const print = () => {
      throw new Error("the standard output was closed");
    };
    const services = { print, warn: () => {} };
    await runSeed({ envFile: file }, { databaseUrl, stateDir: folder }, services, NOW);
    assert.match(await Deno.readTextFile(file), /^DATABASE_URL=/m);
  }));

Deno.test("seed that fails leaves no file of settings", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await seed(url);
    assert.equal((await seed(url, `${folder}/.env`)).code, 1);
    await assert.rejects(Deno.stat(`${folder}/.env`), Deno.errors.NotFound);
  }));
