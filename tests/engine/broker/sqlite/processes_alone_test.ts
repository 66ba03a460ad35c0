/**
 * Processes that share the embedded broker hold each other up for moments only.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Broker, Delivery } from "../../../../lib/engine/broker/broker.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { assertWithin } from "../../../fixtures/pace.ts";
import { problemsOf, startChild } from "../../../fixtures/sqlite_broker/children.ts";
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
  await assertWithin(median, 150, "the median until an event came");
  await subscription.close();
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
    await assertWithin(Math.max(...calls.flat()), MOST_BLOCKED_MS, blockedFor(calls));
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
  const best = Math.min(...holds.map((round) => Math.max(...round)));
  await assertWithin(best, MOST_BLOCKED_MS, blockedFor(holds));
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
