import assert from "node:assert/strict";
import { runRecover } from "../../lib/modes/recover.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { makeFile, pagesOf, zeroPages } from "../fixtures/sqlite_broker/damage.ts";
import { COMMON, MemoryServices } from "./memory_services.ts";

Deno.test("runRecover prints how many events it recovered, and what is left to do", () =>
  inFolder(async (folder) => {
    const from = await makeFile(folder, 3);
    const to = `${folder}/new`;
    const around = new MemoryServices();
    assert.equal(await runRecover({ mode: "recover", from, to, ...COMMON }, around), 0);
    assert.deepEqual(around.printed, [
      "q: 3 ready, 0 waiting for retry",
      `recovered 3 of 3 events into ${to}`,
    ]);
    assert.deepEqual(around.warned, [
      `before ${to} takes the place of ${from}, move ${from}, ${from}-wal and ${from}-shm away`,
    ]);
  }));

Deno.test("runRecover refuses a file that is not there and a folder, and makes none", () =>
  inFolder(async (folder) => {
    const to = `${folder}/new`;
    const recover = (from: string) =>
      runRecover({ mode: "recover", from, to, ...COMMON }, new MemoryServices());
    const advice = "name the damaged file: usually broker.sqlite in STATE_DIR";
    await assert.rejects(recover(`${folder}/none`), {
      name: "UsageError",
      message: `there is no file ${folder}/none; ${advice}`,
    });
    await assert.rejects(recover(folder), {
      name: "UsageError",
      message: `${folder} is a folder; ${advice}`,
    });
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("runRecover says that there may have been more, and that a queue has another name", () =>
  inFolder(async (folder) => {
    const from = await makeFile(folder, 3);
    const tables = ["ready", "queue", "sqlite_autoindex_queue_1"];
    zeroPages(from, tables.flatMap((table) => pagesOf(from, table, "leaf")));
    const to = `${folder}/new`;
    const around = new MemoryServices();
    await runRecover({ mode: "recover", from, to, ...COMMON }, around);
    assert.equal(around.printed.at(-1), `recovered 3 of at least 3 events into ${to}`);
    assert.equal(
      around.warned[0],
      "the name of a queue cannot be read: its events are in the queue recovered_1",
    );
  }));
