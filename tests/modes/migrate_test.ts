import assert from "node:assert/strict";
import { eachDatabaseTest, inFolder } from "../domain/database/each_database.ts";
import { runProgram } from "../fixtures/run_program.ts";
import { postgresTest } from "../servers.ts";

const APPLIED = {
  code: 0,
  stdout: "applied 0001_user_activity\napplied 0002_inbox",
  stderr: "",
};

Deno.test("runMigrate prints what it applied, and then that there is nothing to do", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    assert.deepEqual(await runProgram("database/migrate", [url]), APPLIED);
    assert.deepEqual(await runProgram("database/migrate", [url]), {
      ...APPLIED,
      stdout: "nothing to do",
    });
  }));

postgresTest("runMigrate migrates PostgreSQL", async ({ url }) => {
  assert.deepEqual(await runProgram("database/migrate", [url]), APPLIED);
});

eachDatabaseTest("runMigrate exits with 0 where there is nothing to do", async ({ url }) => {
  assert.deepEqual(await runProgram("database/migrate", [url]), {
    ...APPLIED,
    stdout: "nothing to do",
  });
});

Deno.test("runMigrate exits with 1 and says what is wrong", async () => {
  const ran = await runProgram("database/migrate", ["postgres://u:s3cret@127.0.0.1:1/d"]);
  assert.deepEqual([ran.code, ran.stdout], [1, ""]);
  assert.match(
    ran.stderr,
    /^PostgreSQL at 127\.0\.0\.1:1\/d cannot be reached \(.+\): check that it runs, and that DATABASE_URL names its host and port\.$/,
  );
});
