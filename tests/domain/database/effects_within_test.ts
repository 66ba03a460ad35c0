import assert from "node:assert/strict";
import { Effects } from "../../../lib/domain/database/effects.ts";
import { keysDone, recordKeys } from "../../../lib/domain/database/effects_within.ts";
import { inTransaction } from "../../../lib/domain/database/transaction.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

const MAIL = { queue: "q", step: "mail" };
const WRITER = { ...MAIL, owner: "me", now: Date.parse("2026-03-01T12:00:00Z") };
const LONG = "a".repeat(600);

domainTest("what a transaction records is done when it commits, and else not", async (db) => {
  const done = (keys: readonly string[]) =>
    inTransaction(db, async (trx) => [...await keysDone(trx, MAIL, keys)]);
  const failing = inTransaction(db, async (trx) => {
    await recordKeys(trx, WRITER, ["one"]);
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  assert.deepEqual(await done(["one"]), []);
  await inTransaction(db, (trx) => recordKeys(trx, WRITER, ["one", LONG]));
  await inTransaction(db, (trx) => recordKeys(trx, WRITER, ["one"]));
  await inTransaction(db, (trx) => recordKeys(trx, { ...WRITER, step: "push" }, ["two"]));
  await inTransaction(db, (trx) => recordKeys(trx, { ...WRITER, queue: "other" }, ["two"]));
  assert.deepEqual(await done(["two", LONG, "one"]), [LONG, "one"]);
  assert.deepEqual(await done([]), []);
  await using effects = new Effects(db, { queue: "q", owner: "other" });
  const again = await effects.begin("one", ["mail"], { maxSeconds: 1 });
  assert.deepEqual(again, ["done"]);
});
