import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Broker, Delivery } from "../../../../lib/engine/broker/broker.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import type { Report } from "../../../../lib/engine/report.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { problemsOf, readLedger, startChild } from "../../../fixtures/sqlite_broker/children.ts";
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
    "Events that {count} ended processes had taken are released",
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

sqliteTest("an event of another connection is delivered quickly", async (dir, broker) => {
  await using other = await openSqliteBroker({ stateDir: dir });
  const { deliveries, subscription } = await take(other, 1);
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    await broker.publish(QUEUE, String(i));
    const since = performance.now();
    await until("it came", () => deliveries.length === i + 1);
    waits.push(performance.now() - since);
    void subscription.settle(deliveries[i] as Delivery, { kind: "done" });
  }
  const median = waits.sort((a, b) => a - b)[10] ?? Infinity;
  assert.ok(median < 150, `the median was ${median} ms`);
  await subscription.close();
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

/** ms for which a thread may be blocked. */
const MOST_BLOCKED_MS = 50;
/** A file system in memory: a disk may take any time. */
const MEMORY = "/dev/shm";
const ROUNDS = 4;

Deno.test({
  name: "SQLite: no call of four processes on one file takes longer than 50 ms",
  ignore: !existsSync(MEMORY),
  async fn() {
    const calls: number[][] = [];
    while (calls.length < ROUNDS) {
      const round = await inFolderOf(measureBlocks, MEMORY);
      calls.push(round.map(({ longestCall }) => longestCall));
    }
    assert.ok(Math.max(...calls.flat()) < MOST_BLOCKED_MS, blockedFor(calls));
  },
});

// On a disk, which other programs may keep busy once, but not every time.
Deno.test("SQLite: four processes on one file block their threads for at most 50 ms", async () => {
  const holds: number[][] = [];
  while (holds.length < ROUNDS) {
    const round = (await inFolderOf(measureBlocks)).map(({ longest }) => longest);
    if (Math.max(...round) < MOST_BLOCKED_MS) return;
    holds.push(round);
  }
  assert.fail(blockedFor(holds));
});

function blockedFor(holds: number[][]): string {
  return `their threads were blocked for these ms: ${JSON.stringify(holds)}`;
}

/** The measurements of one process. */
interface Holds {
  /** The longest time that its thread was blocked, in ms. */
  readonly longest: number;
  /** The longest call of SQLite, in ms. */
  readonly longestCall: number;
}

async function measureBlocks(dir: string): Promise<Holds[]> {
  await using children = new AsyncDisposableStack();
  const four = Array.from(
    { length: 4 },
    () => children.use(startChild("holds", dir, QUEUE, "2", "500")),
  );
  for (const child of four) assert.equal(await child.ended(), 0);
  assert.deepEqual(problemsOf(`${dir}/${FILE_NAME}`), []);
  return four.map(({ output }) => JSON.parse(output));
}

async function inFolderOf<Result>(
  measure: (dir: string) => Promise<Result>,
  parent?: string,
): Promise<Result> {
  let result: Result | undefined;
  await inFolder(async (dir) => void (result = await measure(dir)), parent);
  return result as Result;
}
