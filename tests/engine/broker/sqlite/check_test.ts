import assert from "node:assert/strict";
import { dirname } from "node:path";
import { checkFile } from "../../../../lib/engine/broker/sqlite/check.ts";
import { openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import {
  changeBody,
  makeFile,
  overwrite,
  pagesOf,
  zeroPages,
} from "../../../fixtures/sqlite_broker/damage.ts";

function checkTest(name: string, test: (path: string, stateDir: string) => void): void {
  Deno.test(`checkFile ${name}`, () =>
    inFolder(async (stateDir) => test(await makeFile(stateDir, 300), stateDir)));
}

checkTest("reads all pages of a file", (_path, stateDir) => {
  const { isDone, pages, of } = checkFile(stateDir, 60);
  assert.equal(isDone, true);
  assert.equal(pages, of);
  assert.ok(pages > 20);
});

checkTest("says how far it came when there is no time", (_path, stateDir) => {
  const { isDone, pages, of } = checkFile(stateDir, 0);
  assert.equal(isDone, false);
  assert.ok(pages > 0 && pages < of, `${pages} of ${of}`);
});

checkTest("finds a damaged page", (path, stateDir) => {
  zeroPages(path, pagesOf(path, "event", "leaf").slice(-1));
  assert.throws(() => checkFile(stateDir, 60), { name: "BrokerError", kind: "damaged" });
});

checkTest("finds events in the wrong order", (path, stateDir) => {
  const [one = 0, other = 0] = pagesOf(path, "event", "leaf");
  const bytes = Deno.readFileSync(path);
  overwrite(path, (one - 1) * 4096, bytes.subarray((other - 1) * 4096, other * 4096));
  assert.throws(() => checkFile(stateDir, 60), { name: "BrokerError", kind: "damaged" });
});

checkTest("finds an event that has changed", (path, stateDir) => {
  changeBody(path, 7);
  assert.throws(() => checkFile(stateDir, 60), {
    kind: "damaged",
    message: /\(event \d+ is not as it was stored\)$/,
  });
});

Deno.test("checkFile checks a file that is in use", () =>
  inFolder(async (stateDir) => {
    const path = await makeFile(stateDir, 3);
    await using broker = await openSqliteBroker({ stateDir: dirname(path) });
    await broker.publish("q", "4");
    assert.equal(checkFile(stateDir, 60).isDone, true);
  }));
