import assert from "node:assert/strict";
import { describeDatabase } from "../../lib/domain/database/address.ts";
import { eachDatabaseTest, inFolder } from "../domain/database/each_database.ts";
import { runProgram } from "../fixtures/run_program.ts";
import { postgresTest } from "../servers.ts";

/** The answer for a database of the program's own, in which it did so. */
function own(url: string, ...did: string[]) {
  const lines = [`The database ${describeDatabase(url)} is the program's own`, ...did];
  return { code: 0, stdout: lines.join("\n"), stderr: "" };
}

const APPLIED = [
  "applied 0001_user_activity",
  "applied 0002_inbox",
  "applied 0003_outbox_effects_jobs",
  "applied 0004_zulip_tables",
  "made 54 tables",
];

Deno.test("runMigrate prints what it applied, and then that there is nothing to do", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    assert.deepEqual(await runProgram("database/migrate", [url]), own(url, ...APPLIED));
    assert.deepEqual(await runProgram("database/migrate", [url]), own(url, "nothing to do"));
  }));

postgresTest("runMigrate migrates PostgreSQL", async ({ url }) => {
  assert.deepEqual(await runProgram("database/migrate", [url]), own(url, ...APPLIED));
});

eachDatabaseTest("runMigrate exits with 0 where there is nothing to do", async ({ url }) => {
  assert.deepEqual(await runProgram("database/migrate", [url]), own(url, "nothing to do"));
});

Deno.test("runMigrate exits with 1 and says what is wrong", async () => {
  const ran = await runProgram("database/migrate", ["postgres://u:s3cret@127.0.0.1:1/d"]);
  assert.deepEqual([ran.code, ran.stdout], [1, ""]);
  assert.match(
    ran.stderr,
    /^PostgreSQL at 127\.0\.0\.1:1\/d cannot be reached \(.+\): check that it runs, and that DATABASE_URL names its host and port\.$/,
  );
});
