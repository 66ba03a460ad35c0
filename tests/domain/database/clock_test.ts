import assert from "node:assert/strict";
import { databaseClock } from "../../../lib/domain/database/clock.ts";
import { postgresTest } from "../../servers.ts";

postgresTest("the clock of PostgreSQL's host is compared with this host's", async ({ url }) => {
  const same = await databaseClock(url);
  assert(same);
  assert(Math.abs(same.aheadMs) <= same.uncertainMs + 1, JSON.stringify(same));
  const late = await databaseClock(url, () => Date.now() - 40_000);
  assert(late);
  assert(Math.abs(late.aheadMs - 40_000) <= late.uncertainMs + 1, JSON.stringify(late));
});

Deno.test("SQLite has the clock of this host", async () => {
  assert.equal(await databaseClock("sqlite:not-there.sqlite"), undefined);
});

Deno.test("the clock of a database that cannot be reached is an error", async () => {
  await assert.rejects(databaseClock("postgres://127.0.0.1:1/none"), { name: "DatabaseError" });
});
