/**
 * 40 s of the crash suite with mails on RabbitMQ and PostgreSQL, and less on files.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bundleProgram } from "../../scripts/crash/program.ts";
import { postgresInstalled, startPostgres } from "../../scripts/postgres.ts";
import { assertGoodMail, crashedMail } from "../fixtures/crash_mail.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { privateRabbitmqTest } from "../servers.ts";

const KINDS = ["SIGKILL", "SMTP killed", "SMTP frozen", "SMTP cuts after"];

Deno.test("no fault loses a mail or sends it twice in the bundle, and a worker that records before it sends is detected", () =>
  withFolder(async (folder) => {
    const program = await bundleProgram(`${folder}/bundle`);
    assertGoodMail(await crashedMail({ program, seconds: 15, seed: 11 }), ...KINDS);
    const broken = await crashedMail({ program, seconds: 10, seed: 11, isBroken: true });
    assert.ok(broken.verdict.lost.length > 0, "its losses were not found");
  }));

const ALL_SERVERS =
  "no fault of RabbitMQ, PostgreSQL or an SMTP server loses a mail or an activity, or does it twice";
if (!postgresInstalled()) Deno.test.ignore(ALL_SERVERS, () => {});
else {
  privateRabbitmqTest(ALL_SERVERS, {}, async (server) => {
    await using postgres = await startPostgres();
    const result = await crashedMail({ server, postgres, seconds: 40, seed: 12 });
    assertGoodMail(result, ...KINDS, "broker killed", "database killed", "database restarted");
  });
}
