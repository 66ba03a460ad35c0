/**
 * The embedded broker on a disk that is full. Its disks are mounted, where this user may.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Broker, Delivery } from "../../../../lib/engine/broker/broker.ts";
import { checkFile } from "../../../../lib/engine/broker/sqlite/check.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import type { Report } from "../../../../lib/engine/report.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { problemsOf } from "../../../fixtures/sqlite_broker/children.ts";
import { makeFile } from "../../../fixtures/sqlite_broker/damage.ts";
import { until } from "../../../fixtures/until.ts";

const FILL = "x".repeat(50_000);

/** A file system of some MB, where this user may mount one. */
async function onSmallDisk(mb: number, test: (dir: string) => Promise<void>): Promise<void> {
  await inFolder(async (dir) => {
    await run("mount", "-t", "tmpfs", "-o", `size=${mb}m`, "tmpfs", dir);
    try {
      await test(dir);
    } finally {
      await run("umount", dir);
    }
  });
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
  return success;
}

async function mayMount(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  const dir = await Deno.makeTempDir();
  const success = await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir)
    .catch(() => false);
  if (success) await run("umount", dir);
  await Deno.remove(dir);
  return success;
}

const smallDiskTest = (name: string, test: (dir: string) => Promise<void>, mb = 2) =>
  Deno.test({ name: `SQLite: ${name}`, ignore: !canMount, fn: () => onSmallDisk(mb, test) });

const canMount = await mayMount();

/** Publishes until one is refused. @returns How many were confirmed, and the refusal. */
async function fill(broker: Broker): Promise<{ confirmed: number; error: unknown }> {
  for (let confirmed = 0;; confirmed++) {
    try {
      await broker.publish("q", `${confirmed} ${FILL}`);
    } catch (error) {
      return { confirmed, error };
    }
  }
}

smallDiskTest(
  "a full disk refuses events and loses none, and later events are stored",
  async (dir) => {
    const stateDir = `${dir}/state`;
    const path = `${stateDir}/${FILE_NAME}`;
    const reports: Report[] = [];
    {
      await using broker = await openSqliteBroker({
        stateDir,
        report: (one) => void reports.push(one),
      });
      await broker.declare("q");
      Deno.writeFileSync(`${dir}/ballast`, new Uint8Array(500_000));
      const { confirmed, error } = await fill(broker);
      assert.ok(confirmed > 3);
      assert.equal((error as { kind?: unknown }).kind, "refused");
      assert.match(
        String((error as Error).message),
        new RegExp(`^The broker's file ${path} cannot .+ space`),
      );
      await assert.rejects(broker.publish("q", FILL), { kind: "refused" });
      {
        await using other = await openSqliteBroker({ stateDir });
        assert.equal((await other.depth("q"))?.ready, confirmed);
      }
      Deno.removeSync(`${dir}/ballast`);
      await broker.publish("q", "last");
      assert.equal((await broker.depth("q"))?.ready, confirmed + 1);
      await settleAll(broker, confirmed + 1);
      assert.equal((await broker.depth("q"))?.ready, 0);
    }
    const said = reports.map((one) => one.kind === "notice" ? one.message : "");
    assert.deepEqual(said, [
      "The broker's file cannot be written at the moment; it is tried again",
      "The broker's file can be written again",
    ]);
    assert.deepEqual(problemsOf(path), []);
  },
);

smallDiskTest("settlements wait for room on a full disk", async (dir) => {
  const stateDir = `${dir}/state`;
  await using broker = await openSqliteBroker({ stateDir });
  await broker.declare("q");
  const deliveries: Delivery[] = [];
  const subscription = broker.subscribe("q", {
    onDelivery: (delivery) => void deliveries.push(delivery),
    onLost: () => {},
  });
  await subscription.resume(3);
  for (let i = 0; i < 3; i++) await broker.publish("q", String(i));
  await until("all came", () => deliveries.length === 3);
  fillDisk(`${dir}/ballast`);
  const { error } = await fill(broker);
  assert.equal((error as { kind?: unknown }).kind, "refused");
  const [one, two, three] = deliveries as [Delivery, Delivery, Delivery];
  assert.equal(subscription.settle(one, { kind: "done" }), undefined);
  const failure = { name: "Error", message: "x".repeat(4000) };
  const copied = Promise.resolve(
    subscription.settle(two, { kind: "fail", reason: "error", attempts: 1, error: failure }),
  ).then(() => "stored", (refusal) => refusal.kind);
  assert.equal(subscription.settle(three, { kind: "release" }), undefined);
  const end = await copied;
  assert.ok(end === "stored" || end === "refused", String(end));
  Deno.removeSync(`${dir}/ballast`);
  await subscription.close();
  await until("all is written", async () => {
    const [ready, failed] = [await broker.depth("q"), await broker.depth("q.failed")];
    return (ready?.ready ?? 0) + (failed?.ready ?? 0) === 2;
  });
});

smallDiskTest(
  "a full disk settles all that was taken, and takes publishes again when there is room",
  async (dir) => {
    const stateDir = `${dir}/state`;
    const reports: Report[] = [];
    const report = (one: Report) => void reports.push(one);
    await using broker = await openSqliteBroker({ stateDir, report });
    await using other = await openSqliteBroker({ stateDir });
    await broker.declare("q");
    const deliveries: Delivery[] = [];
    const subscription = broker.subscribe("q", {
      onDelivery: (delivery) => void deliveries.push(delivery),
      onLost: () => {},
    });
    await subscription.resume(20);
    for (let i = 0; i < 20; i++) await broker.publish("q", `${i} ${FILL}`);
    await until("all came", () => deliveries.length === 20);
    const reserve = `${stateDir}/broker.reserve`;
    await until("there is a reserve", () => exists(reserve));
    fillDisk(`${dir}/ballast`);
    const { error } = await fill(other);
    assert.match(
      String(error),
      /takes no events, the disk is full: free some space, at least 32 MB$/,
    );
    assert.equal(exists(reserve), false);
    await until("others know", () => broker.publish("q", "1").then(() => false, isRefused));
    await until("the process that consumes says so", () => reports.length === 1);
    // The room of the reserve is for settlements: copies are stored.
    const failure = { name: "Error", message: "x".repeat(4000) };
    const copies = deliveries.slice(0, 10).map((delivery) =>
      subscription.settle(delivery, { kind: "fail", reason: "error", attempts: 1, error: failure })
    );
    await Promise.all(copies);
    for (const delivery of deliveries.slice(10)) subscription.settle(delivery, { kind: "done" });
    await until("all are settled", async () => {
      return (await other.depth("q.failed"))?.ready === 10 && (await other.depth("q"))?.ready === 0;
    });
    Deno.removeSync(`${dir}/ballast`);
    await until("there is a reserve again", () => exists(reserve));
    await until("others publish", () => other.publish("q", "1").then(() => true, () => false));
    const said = reports.map((one) => one.kind === "notice" ? `${one.level} ${one.message}` : "");
    assert.deepEqual(said.map((text) => text.slice(0, 40)), [
      "error The disk of {folder} is full: even",
      "warning There is room on the disk of {fo",
    ]);
  },
  64,
);

smallDiskTest("a process that starts on a full disk settles what is stored", async (dir) => {
  const stateDir = `${dir}/state`;
  {
    await using broker = await openSqliteBroker({ stateDir });
    await broker.declare("q");
    await broker.subscribe("other", { onDelivery: () => {}, onLost: () => {} }).resume(1);
    for (let i = 0; i < 20; i++) await broker.publish("q", `${i} ${FILL}`);
    await until("there is a reserve", () => exists(`${stateDir}/broker.reserve`));
  }
  fillDisk(`${dir}/ballast`);
  await using broker = await openSqliteBroker({ stateDir });
  await settleAll(broker, 20);
  await assert.rejects(broker.publish("q", "1"), /the disk is full/);
}, 64);

smallDiskTest("checkFile reports a full disk while publishes are refused", async (dir) => {
  const path = `${dir}/${FILE_NAME}`;
  await makeFile(dir, 1);
  fillDisk(`${dir}/ballast`);
  Deno.writeTextFileSync(`${path}-full`, "");
  assert.throws(() => checkFile(dir, 60), {
    kind: "refused",
    message:
      `The broker's file ${path} takes no events, the disk is full: free some space, at least 32 MB`,
  });
  Deno.removeSync(`${dir}/ballast`);
  assert.equal(checkFile(dir, 60).isDone, true);
}, 64);

function isRefused(error: unknown): boolean {
  return (error as { kind?: unknown }).kind === "refused";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function fillDisk(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const page = new Uint8Array(4096);
  try {
    for (;;) file.writeSync(page);
  } catch {
    // The disk is full.
  }
}

async function settleAll(broker: Broker, count: number): Promise<void> {
  let settled = 0;
  const subscription = broker.subscribe("q", {
    onDelivery: (delivery) => {
      settled++;
      queueMicrotask(() => void subscription.settle(delivery, { kind: "done" }));
    },
    onLost: () => {},
  });
  await subscription.resume(10);
  await until("all were settled", () => settled === count);
  await subscription.close();
}
