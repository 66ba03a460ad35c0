/** The commands that do what the dashboard does. */

import assert from "node:assert/strict";
import {
  pauseCommand,
  publishCommand,
  repairCommand,
} from "../../../lib/server/dashboard/model/command.js";

Deno.test("a dialog names the command that does the same", () => {
  const repair = (more: object) =>
    repairCommand({ action: "retry", queue: "q", filter: {}, ...more });
  assert.equal(
    repair({ filter: { groups: ["f3a91c02"] }, rate: 20 }),
    "process-queue failed retry q --group f3a91c02 --rate 20",
  );
  assert.equal(
    repair({ filter: { contains: "it's 451" } }),
    `process-queue failed retry q --error 'it'\\''s 451'`,
  );
  assert.equal(
    repair({ action: "drop", filter: { all: true }, save: false }),
    "process-queue failed drop q --all --no-save",
  );
  assert.equal(
    repair({ filter: { ids: ["a1", "b2", "c3", "d4"] } }),
    "process-queue failed retry q --id a1 b2 c3 …",
  );
  assert.equal(
    repair({ filter: { older_than: 86_400, reasons: ["error"] } }),
    "process-queue failed retry q --reason error --older-than 86400s",
  );
  assert.equal(
    pauseCommand({ queue: "q", reason: "a fix", seconds: 1800 }),
    "process-queue pause q --reason 'a fix' --for 30m",
  );
  assert.equal(pauseCommand({ queue: "q", seconds: 7200 }), "process-queue pause q --for 2h");
  assert.equal(pauseCommand({ queue: "q", seconds: null }), "process-queue pause q");
  assert.equal(publishCommand("q", '{"a":1}'), `process-queue publish q '{"a":1}'`);
  assert.equal(
    publishCommand("q", "'\\\u0015rm\n"),
    `process-queue publish q $'\\'\\\\\\u0015rm\\u000a'`,
    "pasted into a terminal, control characters would be keys",
  );
});
