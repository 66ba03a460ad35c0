/**
 * What the embedded broker makes of the file that it finds, and of one that it may not write.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Delivery } from "../../../../lib/engine/broker/broker.ts";
import { LifeLock } from "../../../../lib/engine/broker/sqlite/lock.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import type { Report } from "../../../../lib/engine/report.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { runProgram } from "../../../fixtures/run_program.ts";
import { makeLayout1 } from "../../../fixtures/sqlite_broker/layout1.ts";
import { until } from "../../../fixtures/until.ts";

/** Root may write everywhere; without its capabilities it is like any other user. */
const AS_A_USER = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

function openTest(name: string, test: (stateDir: string, path: string) => Promise<void>): void {
  Deno.test(`openSqliteBroker ${name}`, () =>
    inFolder((dir) => test(`${dir}/state`, `${dir}/state/${FILE_NAME}`)));
}

async function makeFile(stateDir: string): Promise<void> {
  await using broker = await openSqliteBroker({ stateDir });
  await broker.declare("q");
  await broker.publish("q", "1");
}

openTest("makes a file that only its owner may read", async (stateDir, path) => {
  await makeFile(stateDir);
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
});

openTest("brings a file of layout 1 up to date and keeps its events", async (stateDir, path) => {
  await makeFile(stateDir);
  makeLayout1(path);
  await using broker = await openSqliteBroker({ stateDir });
  await broker.publish("q", "2");
  const bodies = (await broker.peek("q", 10)).map(({ body }) => new TextDecoder().decode(body));
  assert.deepEqual(bodies, ["1", "2"]);
});

openTest("refuses a file of layout 1 while a process uses it", async (stateDir, path) => {
  await makeFile(stateDir);
  makeLayout1(path);
  using _lock = LifeLock.create(`${path}-owners`);
  await assert.rejects(openSqliteBroker({ stateDir }), {
    kind: "topology",
    message: `The broker's file ${path} is in use by processes of an older version of this ` +
      `program: stop them, and start this one again`,
  });
});

openTest("refuses a file of a newer version and does not change it", async (stateDir, path) => {
  await makeFile(stateDir);
  const db = new DatabaseSync(path);
  db.exec("pragma user_version = 7");
  db.close();
  await assert.rejects(openSqliteBroker({ stateDir }), {
    name: "BrokerError",
    kind: "topology",
    message: `The broker's file ${path} was made by a newer version of this program (its layout ` +
      `is 7, this version knows 2): run that version, or set STATE_DIR to another folder`,
  });
});

openTest("refuses another program's database and does not change it", async (stateDir, path) => {
  Deno.mkdirSync(stateDir);
  const db = new DatabaseSync(path);
  db.exec("create table theirs (a)");
  await assert.rejects(openSqliteBroker({ stateDir }), {
    kind: "topology",
    message: `The broker's file ${path} is a database of another program: move it away, or set ` +
      `STATE_DIR elsewhere`,
  });
  assert.equal(db.prepare("select count(*) as count from sqlite_schema").get()?.count, 1);
  db.close();
});

openTest("says that the file may not be written", async (stateDir, path) => {
  await makeFile(stateDir);
  Deno.chmodSync(path, 0o400);
  const { stdout, stderr } = await runProgram("sqlite_broker/open", [stateDir], AS_A_USER);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    `permission: The broker's file ${path} cannot be written: let the user who runs the program ` +
      `write the file and its folder, or set STATE_DIR to another folder (attempt to write a ` +
      `readonly database)`,
  );
});

openTest("says that the folder may not be written", async (stateDir) => {
  Deno.mkdirSync(stateDir, { mode: 0o500 });
  for (const dir of [stateDir, `${stateDir}/below`]) {
    const { stdout, stderr } = await runProgram("sqlite_broker/open", [dir], AS_A_USER);
    assert.equal(stderr, "");
    assert.ok(
      stdout.startsWith(
        `permission: The broker's file ${dir}/${FILE_NAME} cannot be opened or created: STATE_DIR ` +
          `must name a folder where the user who runs the program may write (`,
      ),
      stdout,
    );
  }
});

openTest("opens a file again that was removed while in use", async (stateDir, path) => {
  const reports: Report[] = [];
  await using broker = await openSqliteBroker({
    stateDir,
    report: (one) => void reports.push(one),
  });
  const deliveries: Delivery[] = [];
  const subscription = broker.subscribe("q", {
    onDelivery: (delivery) => void deliveries.push(delivery),
    onLost: () => {},
  });
  await subscription.resume(10);
  await broker.publish("q", "before");
  await until("it came", () => deliveries.length === 1);
  for (const end of ["", "-wal", "-shm"]) Deno.removeSync(path + end);
  const isPublished = () => broker.publish("q", "after").then(() => true, () => false);
  await until("it was opened again", async () => await isPublished() && deliveries.length > 1);
  const second = deliveries.at(-1);
  assert.equal(new TextDecoder().decode(second?.body as Uint8Array), "after");
  await subscription.close();
  const said = reports.map((one) => one.kind === "notice" ? one.error?.message ?? "" : "");
  assert.ok(said.includes(
    `The broker's file ${path} was removed or replaced while in use, and its events with it: it ` +
      `is opened again; leave the files of STATE_DIR alone while the program runs`,
  ));
});
