/**
 * Two processes that are killed in turn tell users of 2,000 missed messages, each once, up to an SMTP
 * server.
 *
 * @module
 */

import assert from "node:assert/strict";
import { crashMissed } from "../../scripts/crash/missed/crash_missed.ts";
import { isGoodMissed, missedReport } from "../../scripts/crash/missed/report.ts";
import { postgresInstalled, startPostgres } from "../../scripts/postgres.ts";
import type { PrivatePostgres } from "../../scripts/postgres.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const KILLS = 3;

async function assertEachOnce(postgres: PrivatePostgres | undefined): Promise<void> {
  await withFolder(async (folder) => {
    const result = await crashMissed({
      ...{ server: undefined, postgres, folder, rows: 2000, users: 200, isSent: true },
      kills: { kind: "parts", times: KILLS },
    });
    assert.ok(isGoodMissed(result), missedReport(result).join("\n"));
    assert.deepEqual([result.kills, result.verdict.mails], [KILLS, 400]);
  });
}

Deno.test("processes that are killed mail each of 2,000 missed messages once, on SQLite", () =>
  assertEachOnce(undefined));

const ON_POSTGRES =
  "processes that are killed mail each of 2,000 missed messages once, on PostgreSQL";
if (!postgresInstalled()) Deno.test.ignore(ON_POSTGRES, () => {});
else {
  Deno.test(ON_POSTGRES, async () => {
    await using postgres = await startPostgres();
    await assertEachOnce(postgres);
  });
}
