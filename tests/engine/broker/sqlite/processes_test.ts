import assert from "node:assert/strict";
import type { Broker, Delivery } from "../../../../lib/engine/broker/broker.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import type { Report } from "../../../../lib/engine/report.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { readLedger, startChild } from "../../../fixtures/sqlite_broker/children.ts";
import { until } from "../../../fixtures/until.ts";

const QUEUE = "shared";

function sqliteTest(name: string, test: (dir: string, broker: Broker) => Promise<void>): void {
  Deno.test(`SQLite: ${name}`, () =>
    inFolder(async (dir) => {
      await using broker = await openSqliteBroker({ stateDir: dir });
      await broker.declare(QUEUE);
      await test(dir, broker);
    }));
}

async function publishNumbers(broker: Broker, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => broker.publish(QUEUE, `${i}0`)));
}

/** Takes deliveries and keeps them. */
async function take(broker: Broker, prefetch: number) {
  const deliveries: Delivery[] = [];
  let lost = 0;
  const subscription = broker.subscribe(QUEUE, {
    onDelivery: (delivery) => void deliveries.push(delivery),
    onLost: () => void lost++,
  });
  await subscription.resume(prefetch);
  return { deliveries, subscription, lost: () => lost };
}

sqliteTest("three processes share the events, and each is delivered once", async (dir, broker) => {
  const ledgers = ["one", "two", "three"].map((name) => `${dir}/${name}`);
  await using children = new AsyncDisposableStack();
  for (const ledger of ledgers) {
    children.use(startChild("consume", dir, QUEUE, ledger, "20"));
  }
  await until("three consume", async () => (await broker.depth(QUEUE))?.consumers === 3, 60);
  await publishNumbers(broker, 3000);
  const lines = () => ledgers.map(readLedger);
  await until("all had their effect", () => lines().flat().length >= 3000, 60);
  await until("nothing is left", async () => (await broker.depth(QUEUE))?.ready === 0);
  const ids = lines().flat().map((line) => line.split(" ")[0]);
  assert.equal(ids.length, 3000);
  assert.equal(new Set(ids).size, 3000);
  for (const { length } of lines()) assert.ok(length > 300, `one of three had only ${length}`);
});

sqliteTest("events that a killed process had taken are soon redelivered", async (dir, broker) => {
  await publishNumbers(broker, 10);
  const reports: Report[] = [];
  await using other = await openSqliteBroker({
    stateDir: dir,
    report: (report) => void reports.push(report),
  });
  await using child = startChild("hold", dir, QUEUE, "6");
  await until("the child has six", () => child.output.trim().split("\n").length === 6, 60);
  const { deliveries, subscription } = await take(other, 20);
  await until("the others came", () => deliveries.length === 4);
  await child.end("SIGKILL");
  await until("the six came", () => deliveries.length === 10);
  assert.deepEqual(
    deliveries.slice(4).map(({ body }) => new TextDecoder().decode(body as Uint8Array)),
    ["00", "10", "20", "30", "40", "50"],
  );
  assert.deepEqual(
    deliveries.map(({ redelivered }) => redelivered),
    [...Array(4).fill(false), ...Array(6).fill(true)],
  );
  await subscription.close();
  const [report] = reports.filter(({ kind }) => kind === "notice");
  assert.equal(
    report?.kind === "notice" && report.message,
    "Events that {count} ended process had taken are released",
  );
});

sqliteTest("a stopped process keeps its events", async (dir, broker) => {
  await publishNumbers(broker, 5);
  await using child = startChild("hold", dir, QUEUE, "5");
  await until("the child has all", () => child.output.trim().split("\n").length === 5, 60);
  child.signal("SIGSTOP");
  await using other = await openSqliteBroker({ stateDir: dir }); // Looks for dead ones.
  assert.equal((await other.depth(QUEUE))?.ready, 0);
  await child.end("SIGKILL");
  await using third = await openSqliteBroker({ stateDir: dir });
  assert.equal((await third.depth(QUEUE))?.ready, 5);
});

sqliteTest("a process taken for dead opens the file again, and loses the events it had", async (
  dir,
  broker,
) => {
  await publishNumbers(broker, 3);
  const { deliveries, subscription, lost } = await take(broker, 3);
  await until("all came", () => deliveries.length === 3);
  const locks = `${dir}/${FILE_NAME}-owners`;
  for (const { name } of Deno.readDirSync(locks)) Deno.removeSync(`${locks}/${name}`);
  {
    await using other = await openSqliteBroker({ stateDir: dir }); // Takes it for dead.
    assert.equal((await other.depth(QUEUE))?.ready, 3);
  }
  void subscription.settle(deliveries[0] as Delivery, { kind: "done" });
  await until("they came again", () => deliveries.length === 6);
  assert.equal(lost(), 1);
  assert.deepEqual(deliveries.map((delivery) => delivery.lost), [
    ...Array(3).fill(true),
    ...Array(3).fill(false),
  ]);
  assert.deepEqual(deliveries.slice(3).map(({ redelivered }) => redelivered), Array(3).fill(true));
  for (const delivery of deliveries.slice(3)) {
    void subscription.settle(delivery, { kind: "done" });
  }
  await subscription.close();
  assert.equal((await broker.depth(QUEUE))?.ready, 0);
});

sqliteTest("a process taken for dead cannot store copies of the events it had", async (
  dir,
  broker,
) => {
  await publishNumbers(broker, 2);
  const { deliveries, subscription } = await take(broker, 2);
  await until("all came", () => deliveries.length === 2);
  const locks = `${dir}/${FILE_NAME}-owners`;
  for (const { name } of Deno.readDirSync(locks)) Deno.removeSync(`${locks}/${name}`);
  await using other = await openSqliteBroker({ stateDir: dir }); // Takes it for dead.
  await until("they came again", () => deliveries.length === 4);
  const [one, two] = deliveries as [Delivery, Delivery];
  const error = { name: "Error", message: "x" };
  const failed = { kind: "fail", reason: "error", attempts: 1, error } as const;
  const retried = {
    kind: "retry",
    reason: "error",
    attempts: 1,
    crashes: 0,
    delay: 1,
    error,
  } as const;
  await assert.rejects(Promise.resolve(subscription.settle(one, failed)), { kind: "lost" });
  await assert.rejects(Promise.resolve(subscription.settle(two, retried)), { kind: "lost" });
  assert.equal(await other.depth(`${QUEUE}.failed`), undefined);
  await subscription.close();
  assert.equal((await broker.depth(QUEUE))?.ready, 2);
});
