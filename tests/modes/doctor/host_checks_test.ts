import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { loadConfig } from "../../../lib/config/config.ts";
import type { CheckScene } from "../../../lib/modes/doctor/checks.ts";
import { checkJournals, checkPauses, checkSockets } from "../../../lib/modes/doctor/host_checks.ts";
import { PausedQueues } from "../../../lib/operations/paused.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { MemoryServices } from "../memory_services.ts";

function sceneIn(stateDir: string): CheckScene {
  const config = loadConfig({ STATE_DIR: stateDir });
  return { config, known: [], queues: [], services: new MemoryServices(), timeoutSeconds: 20 };
}

Deno.test("doctor --fix leaves the socket of a process that took its lock after the look", () =>
  withFolder(async (folder) => {
    const base = `${folder}/control/99-abcd`;
    mkdirSync(`${folder}/control`);
    for (const ending of ["sock", "lock"]) writeFileSync(`${base}.${ending}`, "");
    const [found] = checkSockets(sceneIn(folder));
    using lock = Deno.openSync(`${base}.lock`, { write: true });
    lock.lockSync(true);
    assert.match(await found?.mend?.() ?? "", /^removed 0 files /);
    assert.deepEqual(readdirSync(`${folder}/control`).length, 2);
  }));

Deno.test("doctor --fix leaves a pause that somebody has renewed after the look", () =>
  withFolder(async (folder) => {
    const pauses = new PausedQueues(folder);
    const over = { by: "ada", at: "2026-01-01T00:00:00.000Z", reason: null };
    pauses.write("mails", { ...over, until: "2026-01-01T01:00:00.000Z" });
    const [found] = checkPauses(sceneIn(folder));
    pauses.write("mails", { ...over, until: null });
    assert.match(await found?.mend?.() ?? "", /paused again/);
    assert.equal(pauses.read("mails", Date.now()).kind, "paused");
  }));

Deno.test("doctor finds pauses beside a file whose name stands for no queue", () =>
  withFolder((folder) => {
    const pauses = new PausedQueues(folder);
    pauses.write("a queue", { by: "ada", at: "2026-01-01T00:00:00Z", reason: null, until: null });
    writeFileSync(`${folder}/paused/%zz.json`, "");
    assert.deepEqual(checkPauses(sceneIn(folder)).map(({ queue }) => queue), ["a queue"]);
    return Promise.resolve();
  }));

Deno.test("doctor --fix leaves journals with events, as the worker may be in another folder", () =>
  withFolder(async (folder) => {
    mkdirSync(`${folder}/journal`);
    const records = {
      empty: '{"running":[],"alone":false,"suspects":{}}',
      "%zz": '{"running":[],"alone":false,"suspects":{}}',
      running: '{"running":["a"],"alone":false,"suspects":{}}',
      suspects: '{"running":[],"alone":false,"suspects":{"a":1}}',
      unnamed: '{"running":[],"alone":false,"unnamed":2,"suspects":{}}',
      cut: '{"runn',
    };
    const path = (name: string) => `${folder}/journal/${name}@1-1.journal`;
    for (const [name, text] of Object.entries(records)) writeFileSync(path(name), `${text}\n`);
    for (const { mend } of checkJournals(sceneIn(folder))) await mend?.();
    const left = Object.keys(records).filter((name) => existsSync(path(name)));
    assert.deepEqual(left, ["%zz", "running", "suspects", "unnamed", "cut"]);
  }));
