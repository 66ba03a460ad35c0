import assert from "node:assert/strict";
import {
  type DiskState,
  isFullDisk,
  Reserve,
  RESERVE_BYTES,
  RESERVE_NAME,
  reserveStep,
  ROOM_BYTES,
} from "../../../../lib/engine/broker/sqlite/reserve.ts";
import { exists } from "../../../../lib/engine/broker/sqlite/mark.ts";
import { openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { until } from "../../../fixtures/until.ts";

Deno.test("the reserve is made where it is missing and twice its size is free", () => {
  const rows: [hasReserve: boolean, isSpent: boolean, freeBytes: number, step: string][] = [
    [true, false, 0, "nothing"],
    [true, true, 0, "accept"],
    [false, false, ROOM_BYTES, "make"],
    [false, true, ROOM_BYTES, "make"],
    [false, false, ROOM_BYTES - 1, "nothing"],
    [false, true, RESERVE_BYTES, "nothing"],
  ];
  for (const [hasReserve, isSpent, freeBytes, step] of rows) {
    const disk: DiskState = { hasReserve, isSpent, freeBytes };
    assert.equal(reserveStep(disk), step, JSON.stringify(disk));
  }
});

Deno.test("a disk is full if SQLite says so, or cannot write on a disk without room", () => {
  const [FULL, IOERR, CORRUPT] = [13, 10, 11];
  const rows: [errcode: number, freeBytes: number, isFull: boolean][] = [
    [FULL, 1e9, true],
    [IOERR, 0, true],
    [IOERR, 1e9, false],
    [CORRUPT, 0, false],
  ];
  for (const [errcode, freeBytes, isFull] of rows) {
    assert.equal(isFullDisk(faultOf(errcode), () => freeBytes), isFull, `${errcode} ${freeBytes}`);
  }
});

/** A fault of SQLite: 10 is a failed write, 13 a full disk. */
function faultOf(errcode: number): Error {
  return Object.assign(new Error("it failed"), { errcode });
}

Deno.test("a write that fails because the folder is gone spends no reserve", () => {
  const reserve = new Reserve("/nowhere/broker.sqlite", () => {});
  assert.equal(reserve.spend(faultOf(10)), false);
});

Deno.test("a reserve that a killed process has not finished is spent too", () =>
  inFolder(async (stateDir) => {
    const unfinished = `${stateDir}/${RESERVE_NAME}-unfinished`;
    await Deno.writeTextFile(unfinished, "0123");
    const reserve = new Reserve(`${stateDir}/broker.sqlite`, () => {});
    assert.equal(reserve.spend(faultOf(13)), true);
    assert.equal(reserve.isSpent, true);
    assert.throws(() => Deno.statSync(unfinished), Deno.errors.NotFound);
    assert.equal(reserve.spend(faultOf(13)), false);
  }));

Deno.test("a reserve that is spent as soon as it is made stays spent", () =>
  inFolder(async (stateDir) => {
    const path = `${stateDir}/${RESERVE_NAME}`;
    for (let i = 0; i < 20; i++) {
      const reserve = new Reserve(`${stateDir}/broker.sqlite`, () => {});
      const made = reserve.keep();
      while (!exists(path)) await new Promise(setImmediate);
      assert.equal(reserve.spend(faultOf(13)), true);
      await made;
      assert.equal(reserve.isSpent, true);
      assert.equal(exists(`${stateDir}/broker.sqlite-full`), true);
      Deno.removeSync(`${stateDir}/broker.sqlite-full`);
    }
  }));

Deno.test("a process that consumes makes a reserve that cannot be made smaller", () =>
  inFolder(async (stateDir) => {
    await using broker = await openSqliteBroker({ stateDir });
    await broker.subscribe("q", { onDelivery: () => {}, onLost: () => {} }).resume(1);
    const path = `${stateDir}/${RESERVE_NAME}`;
    const { size } = await until("it is there", () => Deno.stat(path).catch(() => null));
    assert.equal(size, RESERVE_BYTES);
    const packed = new Response(
      new Blob([Deno.readFileSync(path)]).stream().pipeThrough(new CompressionStream("gzip")),
    );
    assert.ok((await packed.arrayBuffer()).byteLength >= RESERVE_BYTES);
  }));

Deno.test("publishes that were refused are accepted once there is room, also without a consumer", () =>
  inFolder(async (stateDir) => {
    {
      await using broker = await openSqliteBroker({ stateDir });
      await broker.declare("q");
      Deno.writeTextFileSync(`${stateDir}/broker.sqlite-full`, "");
      await until("it is refused", () => broker.publish("q", "1").then(() => false, isFull));
    }
    await using broker = await openSqliteBroker({ stateDir });
    await broker.publish("q", "2");
    assert.equal(Deno.statSync(`${stateDir}/${RESERVE_NAME}`).size, RESERVE_BYTES);
  }));

function isFull(error: unknown): boolean {
  return /takes no events, the disk is full: free some space, at least 32 MB$/.test(String(error));
}
