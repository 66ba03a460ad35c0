/**
 * The crash suite as a bundle, and 40 s of it on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { bundleProgram } from "../../scripts/crash/program.ts";
import { assertGood, crashed } from "../fixtures/crash.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { privateRabbitmqTest } from "../servers.ts";

Deno.test("the bundled program loses no event, and its losses are detected where its engine is broken", () =>
  withFolder(async (folder) => {
    const program = await bundleProgram(`${folder}/bundle`);
    assertGood(await crashed({ program, seconds: 6, seed: 11 }));
    const { verdict: { lost } } = await crashed({ program, seconds: 8, seed: 11, isBroken: true });
    assert.ok(lost.length > 0, "its losses were not found");
  }));

privateRabbitmqTest("no fault on RabbitMQ loses a confirmed event", {}, async (node) => {
  const result = await crashed({ server: node, seconds: 40, seed: 11 });
  assertGood(result);
  const kinds = result.recoveries.map(({ kind }) => kind);
  for (const kind of ["SIGKILL", "broker killed", "handler loops", "heap is full"]) {
    assert.ok(kinds.includes(kind), `${kind} was not among ${kinds}`);
  }
});
