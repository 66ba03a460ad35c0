import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { runCheckConfig } from "../../lib/modes/check_config.ts";
import { databaseFileProblem } from "../../lib/modes/check_database.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { COMMAND, ENVIRONMENT } from "./check_config_fixture.ts";
import { MemoryServices } from "./memory_services.ts";

const OTHER = 4711;

Deno.test("databaseFileProblem names the files of a SQLite database that belong to another user", async () => {
  await withFolder(async (folder) => {
    const stateDir = `${folder}/state`;
    const databaseUrl = `sqlite:${folder}/a.sqlite`;
    assert.equal(databaseFileProblem({ databaseUrl, stateDir }, OTHER), undefined);
    for (const name of ["a.sqlite", "a.sqlite-wal", "b.sqlite"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    assert.deepEqual(databaseFileProblem({ databaseUrl, stateDir }, OTHER), {
      setting: "DATABASE_URL",
      wrong: `files in ${folder} belong to another user: a.sqlite, a.sqlite-wal`,
      fix: "change their owner by chown, or run this as their owner",
    });
    assert.equal(databaseFileProblem({ databaseUrl, stateDir }, 0), undefined);
    // The check of STATE_DIR names those.
    assert.equal(databaseFileProblem({ databaseUrl, stateDir: folder }, OTHER), undefined);
  });
});

Deno.test("databaseFileProblem names a file or a folder that cannot be written", async () => {
  await withFolder(async (folder) => {
    const stateDir = `${folder}/state`;
    await Deno.mkdir(`${folder}/a.sqlite`);
    await Deno.writeTextFile(`${folder}/file`, "");
    const wrongOf = (databaseUrl: string) =>
      databaseFileProblem({ databaseUrl, stateDir })?.wrong.replaceAll(folder, "/f");
    assert.equal(wrongOf(`sqlite:${folder}/a.sqlite`), "the file /f/a.sqlite cannot be written");
    assert.match(
      wrongOf(`sqlite:${folder}/file/b.sqlite`) ?? "",
      /^no file can be made in \/f\/file/,
    );
    assert.equal(wrongOf(`sqlite:${folder}/new/b.sqlite`), undefined);
    for (const other of ["sqlite::memory:", "postgres://db/zulip"]) {
      assert.equal(wrongOf(other), undefined);
    }
  });
});

Deno.test("runCheckConfig says which migrations a SQLite database lacks", async () => {
  const around = new MemoryServices();
  around.pendingMigrations = ["0003_outbox", "0004_zulip"];
  assert.equal(await runCheckConfig(COMMAND, loadConfig(ENVIRONMENT), around), 0);
  assert.equal(
    around.printed.at(-1),
    "database: ok (the next run migrates it: 0003_outbox, 0004_zulip)",
  );
});
