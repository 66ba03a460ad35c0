/**
 * What a recovery says and makes, and what it refuses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { recover } from "../../../../../lib/engine/broker/sqlite/recovery/recover.ts";
import { openSqliteBroker } from "../../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../../domain/database/each_database.ts";
import {
  bodyOf,
  eventsOf,
  makeFile,
  PAGE,
  pagesOf,
  zeroPages,
} from "../../../../fixtures/sqlite_broker/damage.ts";
import { fillLayout1, makeLayout1 } from "../../../../fixtures/sqlite_broker/layout1.ts";

Deno.test("recover finds all events of a file whose layout was brought up to date", () =>
  inFolder(async (dir) => {
    const stateDir = `${dir}/state`;
    const path = await makeFile(stateDir, 0);
    makeLayout1(path);
    fillLayout1(path, Array.from({ length: 500 }, () => bodyOf(1)));
    await (await openSqliteBroker({ stateDir }))[Symbol.asyncDispose]();
    zeroPages(path, [1]);
    const { events, of } = await recover(path, `${dir}/new`);
    assert.deepEqual({ events, of }, { events: 500, of: 500 });
  }));

/** A test with a file of three events in the queue `q`, and the name of a new file. */
function smallTest(name: string, test: (path: string, to: string) => Promise<void>): void {
  Deno.test(`recover ${name}`, () =>
    inFolder(async (dir) => {
      await test(await makeFile(`${dir}/state`, 3), `${dir}/new`);
    }));
}

smallTest("says how much it recovered, and its file is used like any other", async (path, to) => {
  const queues = [{ name: "q", isRenamed: false, ready: 3, waiting: 0 }];
  assert.deepEqual(await recover(path, to), { events: 3, of: 3, isAtLeast: false, queues });
  Deno.renameSync(to, path);
  await using broker = await openSqliteBroker({ stateDir: dirname(path) });
  await broker.publish("q", "4");
  assert.equal((await broker.depth("q"))?.ready, 4);
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
});

smallTest("says how many events it lost", async (path, to) => {
  zeroPages(path, pagesOf(path, "event", "leaf"));
  const { events, of, isAtLeast } = await recover(path, to);
  assert.deepEqual({ events, of, isAtLeast }, { events: 0, of: 3, isAtLeast: false });
});

smallTest("says that there may have been more events", async (path, to) => {
  zeroPages(path, pagesOf(path, "ready", "leaf"));
  const { events, of, isAtLeast } = await recover(path, to);
  assert.deepEqual({ events, of, isAtLeast }, { events: 3, of: 3, isAtLeast: true });
});

smallTest("makes an event ready whose place cannot be told from others", async (path, to) => {
  const db = new DatabaseSync(path);
  db.exec("update ready set event = 700 where event = 2");
  db.close();
  assert.equal((await recover(path, to)).events, 3);
  assert.equal(eventsOf(to).get(2)?.queue, "q");
});

smallTest("gives a queue another name when its own cannot be read", async (path, to) => {
  const pages = ["queue", "sqlite_autoindex_queue_1"].map((name) => pagesOf(path, name, "leaf"));
  zeroPages(path, pages.flat());
  const { queues } = await recover(path, to);
  assert.deepEqual(queues, [{ name: "recovered_1", isRenamed: true, ready: 3, waiting: 0 }]);
});

smallTest("refuses a new file that exists", async (path, to) => {
  Deno.writeTextFileSync(to, "mine");
  await assert.rejects(recover(path, to), {
    name: "BrokerError",
    message: `${to} exists: name a file that does not exist yet`,
  });
  assert.equal(Deno.readTextFileSync(to), "mine");
});

smallTest("refuses a file that is in use", async (path, to) => {
  await using broker = await openSqliteBroker({ stateDir: dirname(path) });
  await broker.subscribe("q", { onDelivery: () => {}, onLost: () => {} }).resume(1);
  await assert.rejects(recover(path, to), {
    name: "BrokerError",
    message: `${path} is in use by a process: stop what uses it first`,
  });
});

const NOTHING: Readonly<Record<string, Uint8Array>> = {
  "an empty file": new Uint8Array(),
  "a file of zeros": new Uint8Array(10 * PAGE),
  "a text": new TextEncoder().encode("\nno database\r".repeat(5000)),
};

for (const [what, bytes] of Object.entries(NOTHING)) {
  smallTest(`makes no file of ${what}`, async (path, to) => {
    Deno.writeFileSync(path, bytes);
    await assert.rejects(recover(path, to), {
      name: "BrokerError",
      message: `Nothing of ${path} can be read`,
    });
    assert.deepEqual([...Deno.readDirSync(dirname(to))].map(({ name }) => name), ["state"]);
  });
}

smallTest("says that there is no such file", async (path, to) => {
  await assert.rejects(recover(`${path}x`, to), {
    message: /^\S+x cannot be opened: No such file/,
  });
});

smallTest("says that the file is a folder", async (path, to) => {
  await assert.rejects(recover(dirname(path), to), {
    message: /^\S+ cannot be opened: it is a folder/,
  });
});

smallTest("says that the new file cannot be written", async (path) => {
  await assert.rejects(recover(path, `${path}/new`), {
    name: "BrokerError",
    message: new RegExp(
      `^${path}/new cannot be written: name a file in a folder that this user may write, on a disk ` +
        `with twice the room of the events \\(.+\\)$`,
    ),
  });
});
