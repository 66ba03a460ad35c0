import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { mergeEnvironment, readEnvironment } from "../../lib/config/environment.ts";

/** Runs with a new folder. */
async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mergeEnvironment lets the environment win over .env, and knows which is which", () => {
  const file = `# where things are\nSTATE_DIR=/file\nLOG_LEVEL="debug"\nexport QUEUE_TYPE=quorum\n`;
  const { effective, stateDir, log, broker } = loadConfig(
    mergeEnvironment({ STATE_DIR: "/environment" }, file),
  );
  assert.deepEqual([stateDir, log.level, broker.queueType], ["/environment", "debug", "quorum"]);
  const sources = new Map(effective.map(({ name, source }) => [name, source]));
  assert.equal(sources.get("STATE_DIR"), "environment");
  assert.equal(sources.get("LOG_LEVEL"), ".env");
  assert.equal(sources.get("WINDOW_SECONDS"), "default");
});

Deno.test("readEnvironment reads the file", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.env`, "PQ_TEST_PREFETCH=7\n");
    const environment = readEnvironment(`${folder}/.env`);
    assert.equal(environment.PQ_TEST_PREFETCH, "7");
    assert.equal(environment.PATH, Deno.env.get("PATH"));
  });
});

Deno.test("readEnvironment does without the file, and passes over a folder", async () => {
  await inFolder((folder) => {
    assert.equal(readEnvironment(`${folder}/.env`).PATH, Deno.env.get("PATH"));
    assert.equal(readEnvironment(folder).PATH, Deno.env.get("PATH"));
    return Promise.resolve();
  });
});

Deno.test("readEnvironment reports a file that cannot be read", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/.env`;
    await Deno.symlink(".env", file);
    assert.throws(() => readEnvironment(file), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert(
        error.message.startsWith(`the configuration has a problem: ${file}: cannot be read: `),
      );
      assert(error.message.endsWith("; make it readable, or remove it"));
      return true;
    });
  });
});
