import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { runCompletion } from "../../../lib/modes/completion/completion.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";

/** The lines of an answer, and the folders that were looked for workers in. */
async function answer(
  words: readonly string[],
  environment: Record<string, string>,
): Promise<{ lines: string[]; folders: (string | undefined)[] }> {
  const lines: string[] = [];
  const folders: (string | undefined)[] = [];
  const services = {
    print: (line: string) => void lines.push(line),
    listQueues(folder?: string) {
      folders.push(folder);
      return Promise.resolve([{ name: "orders", file: "" }, { name: "user_activity", file: "" }]);
    },
  };
  await runCompletion({ shell: "bash", words }, loadConfig(environment), services);
  return { lines, folders };
}

Deno.test("queues are those with a worker, their shards, and those with statistics", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/old.stats`, "{}");
    await Deno.writeTextFile(`${folder}/old.errors`, "");
    const environment = { QUEUE_STATS_DIR: folder, USER_ACTIVITY_SHARDS: "2" };
    const { lines } = await answer(["publish", ""], environment);
    const shards = ["user_activity_shard1", "user_activity_shard2"];
    assert.deepEqual(lines, ["old", "orders", "user_activity", ...shards]);
  }));

Deno.test("names that would be read as options or control the terminal are left out", () =>
  withFolder(async (folder) => {
    for (const name of ["--all", "\x1b[31mred", "two\nlines", "two words"]) {
      await Deno.writeTextFile(`${folder}/${name}.stats`, "{}");
    }
    const { lines } = await answer(["purge", ""], { QUEUE_STATS_DIR: folder });
    assert.deepEqual(lines, ["orders", "two\\ words", "user_activity"]);
  }));

Deno.test("queues are completed without statistics, and by the folder on the line", async () => {
  const environment = { QUEUE_STATS_DIR: "/nowhere", WORKERS_DIR: "/srv/usual" };
  const words = ["--workers-dir", "/srv/other", "publish", "or"];
  const { lines, folders } = await answer(words, environment);
  assert.deepEqual([lines, folders], [["orders"], ["/srv/other"]]);
  assert.deepEqual((await answer(["publish", "or"], environment)).folders, ["/srv/usual"]);
});

Deno.test("only a place for a queue has the workers looked for", async () => {
  assert.deepEqual((await answer(["failed", "re"], {})).folders, []);
});
