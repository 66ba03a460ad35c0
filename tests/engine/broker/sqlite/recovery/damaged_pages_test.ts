/**
 * Which events are restored, wherever a file or its log is damaged.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Broker, Delivery } from "../../../../../lib/engine/broker/broker.ts";
import { readTreePage } from "../../../../../lib/engine/broker/sqlite/recovery/cells.ts";
import { pagesOf as openPages } from "../../../../../lib/engine/broker/sqlite/recovery/pages.ts";
import { recover } from "../../../../../lib/engine/broker/sqlite/recovery/recover.ts";
import { FILE_NAME, openSqliteBroker } from "../../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../../domain/database/each_database.ts";
import { problemsOf } from "../../../../fixtures/sqlite_broker/children.ts";
import {
  eventsOf,
  type FileEvent,
  overwrite,
  PAGE,
  pagesOf,
} from "../../../../fixtures/sqlite_broker/damage.ts";
import { until } from "../../../../fixtures/until.ts";

const COUNT = 900;

/** A file of all kinds of events, as it was when its process was killed. */
interface Sample {
  /** The folder of the file, which has a log beside it. */
  readonly dir: string;
  /** The events by their ids. */
  readonly events: ReadonlyMap<number, FileEvent>;
}

/** Events have 300 bytes; every 40th has several pages. */
function bodyOf(n: number): string {
  return JSON.stringify({ n, text: String(n % 10).repeat(n % 40 === 0 ? 9000 : 300) });
}

/** Settles events so that some are done, some wait, some are dead letters, and some are taken. */
async function settleSome(broker: Broker): Promise<void> {
  const error = { name: "Error", message: "no" };
  let settled = 0;
  const settle = async (delivery: Delivery) => {
    const n = settled++;
    if (n % 25 === 1) return; // It stays taken.
    if (n % 25 === 2) {
      const retry = { kind: "retry", delay: 3600, attempts: 1, crashes: 0 } as const;
      await subscription.settle(delivery, { ...retry, reason: "error", error });
    } else if (n % 25 === 3) {
      await subscription.settle(delivery, { kind: "fail", reason: "error", attempts: 1, error });
    } else subscription.settle(delivery, { kind: "done" });
  };
  const subscription = broker.subscribe("q", {
    onDelivery: (delivery) => void settle(delivery),
    onLost: () => {},
  });
  await subscription.resume(100);
  await until("half are settled", () => settled >= COUNT / 2);
  await subscription.pause();
}

/** Makes a sample. @param isInLog Whether the last changes are in the log, not in the file. */
async function makeSample(dir: string, isInLog: boolean): Promise<Sample> {
  const stateDir = `${dir}/made`;
  const path = `${stateDir}/${FILE_NAME}`;
  await using broker = await openSqliteBroker({ stateDir });
  await Promise.all(["q", "other"].map((queue) => broker.declare(queue)));
  const publish = (n: number) => broker.publish(n % 3 === 0 ? "other" : "q", bodyOf(n));
  await Promise.all(Array.from({ length: COUNT * 1.5 }, (_, n) => publish(n)));
  await settleSome(broker);
  if (!isInLog) pagesOf(path, "event", "leaf");
  Deno.mkdirSync(`${dir}/sample`);
  for (const end of ["", "-wal"]) {
    Deno.copyFileSync(path + end, `${dir}/sample/${FILE_NAME}${end}`);
  }
  return { dir: `${dir}/sample`, events: eventsOf(path) };
}

/** The ids of the events by the page that holds them. */
function idsByPage(dir: string): Map<number, number[]> {
  using file = Deno.openSync(`${dir}/${FILE_NAME}`);
  using log = Deno.openSync(`${dir}/${FILE_NAME}-wal`);
  const pages = openPages(file, log);
  const leaves = pagesOf(`${dir}/${FILE_NAME}`, "event", "leaf");
  return new Map(
    leaves.map((page) => [page, readTreePage(pages, page)?.rows.map(({ id }) => id) ?? []]),
  );
}

/** The pages that hold the list of free pages: without it, pages of old events look like others. */
function freeListOf(path: string): number[] {
  const view = new DataView(Deno.readFileSync(path).buffer);
  const pages = [1];
  for (let page = view.getUint32(32); page !== 0; page = view.getUint32((page - 1) * PAGE)) {
    pages.push(page);
  }
  return pages;
}

/** Numbers from 0 to 1 that look random, the same for each seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Damages some pages of a file. @returns Their numbers. */
function damage(path: string, seed: number): Set<number> {
  const random = randomOf(seed);
  const count = Deno.statSync(path).size / PAGE;
  const damaged = new Set<number>();
  for (let n = 1 + seed % 4; n > 0; n--) {
    // One of three is among the first pages, where the tables begin.
    const page = 1 + Math.floor(random() * (random() < 0.3 ? 15 : count));
    const length = random() < 0.5 ? PAGE : 1 + Math.floor(random() * 200);
    const isZero = random() < 0.5;
    const bytes = Uint8Array.from({ length }, () => isZero ? 0 : random() * 256);
    overwrite(path, (page - 1) * PAGE + Math.floor(random() * (PAGE - length + 1)), bytes);
    damaged.add(page);
  }
  if (seed % 7 === 0) {
    const kept = count - 1 - Math.floor(random() * 20);
    Deno.truncateSync(path, kept * PAGE + 100);
    for (let page = kept + 1; page <= count; page++) damaged.add(page);
  }
  return damaged;
}

const SEEDS = 60;

Deno.test("recover restores every event that is in no damaged page, and no other, wherever the damage is", () =>
  inFolder(async (dir) => {
    const sample = await makeSample(dir, false);
    const pages = idsByPage(sample.dir);
    const free = freeListOf(`${sample.dir}/${FILE_NAME}`);
    const inner = pagesOf(`${sample.dir}/${FILE_NAME}`, "event", "internal");
    const long = new Set(pagesOf(`${sample.dir}/${FILE_NAME}`, "event", "overflow"));
    for (let seed = 1; seed <= SEEDS; seed++) {
      const path = `${dir}/${seed}.sqlite`;
      Deno.copyFileSync(`${sample.dir}/${FILE_NAME}`, path);
      const damaged = damage(path, seed);
      const before = Deno.readFileSync(path);
      const recovered = await recover(path, `${dir}/${seed}.new`);
      assert.deepEqual(Deno.readFileSync(path), before);
      const found = eventsOf(`${dir}/${seed}.new`);
      assert.deepEqual(problemsOf(`${dir}/${seed}.new`), []);
      assert.equal(recovered.events, found.size);
      assert.ok(recovered.of >= found.size);
      const isFreeListHit = free.some((page) => damaged.has(page));
      for (const [id, { body }] of found) {
        assert.equal(body, bodyOf(id - 1));
        assert.ok(sample.events.has(id) || isFreeListHit, `seed ${seed}: event ${id} was done`);
      }
      // Without both, a page of events is recovered only by the places of its events.
      const isOrphan = isFreeListHit && inner.some((page) => damaged.has(page));
      const isHit = [...damaged].some((page) => long.has(page));
      for (const [page, ids] of pages) {
        if (damaged.has(page) || isOrphan) continue;
        for (const id of ids) {
          const event = sample.events.get(id);
          if (!event || isHit && event.body.length > PAGE) continue;
          assert.ok(
            found.has(id),
            `seed ${seed}: event ${id} of page ${page} is missing (damaged: ${[...damaged]})`,
          );
        }
      }
    }
  }));

Deno.test("recover reads the log of a file, and where that is cut, as much of it as SQLite", () =>
  inFolder(async (dir) => {
    const sample = await makeSample(dir, true);
    const whole = Deno.readFileSync(`${sample.dir}/${FILE_NAME}-wal`);
    assert.ok(whole.length > 20 * PAGE);
    for (const part of [1, 0.9, 0.5, 0.1]) {
      const path = `${dir}/${part}.sqlite`;
      const log = whole.subarray(0, Math.floor(whole.length * part));
      for (const copy of [path, `${path}-seen`]) {
        Deno.copyFileSync(`${sample.dir}/${FILE_NAME}`, copy);
        Deno.writeFileSync(`${copy}-wal`, log);
      }
      await recover(path, `${path}-new`);
      assert.deepEqual(Deno.readFileSync(`${path}-wal`), log);
      assert.deepEqual(eventsOf(`${path}-new`), eventsOf(`${path}-seen`));
    }
  }));

Deno.test("recover reads what is behind a damaged place in the log", () =>
  inFolder(async (dir) => {
    const { dir: folder, events } = await makeSample(dir, true);
    const path = `${folder}/${FILE_NAME}`;
    overwrite(`${path}-wal`, 4 * (PAGE + 24), new Uint8Array(100));
    await recover(path, `${dir}/new`);
    const found = eventsOf(`${dir}/new`);
    assert.ok(found.size >= events.size - 2 * PAGE / 300, `${found.size} of ${events.size}`);
    for (const [id, { body }] of found) assert.equal(body, bodyOf(JSON.parse(body).n), String(id));
  }));
