import assert from "node:assert/strict";
import type { ChangeCommand } from "../../../lib/command_line/process_commands.ts";
import { runChange } from "../../../lib/modes/control/change.ts";
import { runHealth } from "../../../lib/modes/control/health.ts";
import { runLogLevel } from "../../../lib/modes/control/log_level.ts";
import { PausedQueues } from "../../../lib/operations/paused.ts";
import { ControlSocket } from "../../../lib/server/control_socket.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { FakeControl, routerOf } from "../../fixtures/server/fake_control.ts";
import { COMMON } from "../memory_services.ts";

const CHANGE: ChangeCommand = {
  ...COMMON,
  mode: "change",
  action: "pause",
  queues: ["mails"],
  reason: "why",
  seconds: 90,
  pid: undefined,
  yes: true,
  json: false,
  timeoutSeconds: 60,
};

/** Keeps what a command writes, and answers its questions. */
class Output {
  readonly printed: string[] = [];
  readonly warned: string[] = [];
  readonly asked: string[] = [];
  answer = "y";
  readonly asking = {
    isTerminal: true,
    ask: (question: string) => {
      this.asked.push(question);
      return this.answer;
    },
  };
  readonly print = (line: string) => void this.printed.push(line);
  readonly warn = (line: string) => void this.warned.push(line);
}

async function controlTest(
  test: (stateDir: string, control: FakeControl, output: Output) => Promise<void>,
): Promise<void> {
  await withFolder(async (stateDir) => {
    const control = new FakeControl();
    await using _socket = ControlSocket.open(stateDir, routerOf(control));
    await test(stateDir, control, new Output());
  });
}

Deno.test("pause asks with numbers, and says what came of it in each process", async () => {
  await controlTest(async (stateDir, control, output) => {
    const command = { ...CHANGE, yes: false };
    assert.equal(await runChange(command, { stateDir }, output), 0);
    assert.deepEqual(output.asked, [
      "Pause mails in 1 process of this host for 1m30s (why)? [y/N]",
    ]);
    assert.deepEqual(output.printed, [`mails: paused in process ${Deno.pid}`]);
    const [[action, queue, request] = []] = control.asked;
    assert.deepEqual([action, queue], ["pause", "mails"]);
    assert.partialDeepStrictEqual(request, { reason: "why", seconds: 90 });
    output.answer = "n";
    assert.equal(await runChange(command, { stateDir }, output), 1);
    assert.equal(control.asked.length, 1);
  });
});

Deno.test("resume and restart print what came of it as JSON, too", async () => {
  await controlTest(async (stateDir, control, output) => {
    for (const action of ["resume", "restart"] as const) {
      await runChange({ ...CHANGE, action, json: true }, { stateDir }, output);
    }
    const [first] = output.printed.map((line) => JSON.parse(line));
    assert.partialDeepStrictEqual(first, {
      schema: 1,
      results: [{
        pid: Deno.pid,
        host: "app1",
        queue: "mails",
        ok: true,
        state: "paused",
        error: null,
      }],
    });
    assert.deepEqual(control.asked.map(([action]) => action), ["resume", "restart"]);
  });
});

Deno.test("a queue that no process runs is refused with the nearest name, and nothing is changed", async () => {
  await controlTest(async (stateDir, control, output) => {
    const command = { ...CHANGE, queues: ["mails", "mail"] };
    await assert.rejects(runChange(command, { stateDir }, output), {
      name: "UsageError",
      message: "no process of this host runs the queue mail; did you mean mails?\nqueues: mails",
    });
    assert.deepEqual(control.asked, []);
  });
});

Deno.test("without a process, commands fail and say where they have looked", async () => {
  await withFolder(async (stateDir) => {
    const output = new Output();
    const none = `no process runs queues with STATE_DIR ${stateDir}: run this with the same ` +
      "settings and as the same user as the program";
    const common = { ...COMMON, json: false, timeoutSeconds: 1, pid: undefined };
    const log = { ...common, mode: "log-level", level: "debug", seconds: 1 } as const;
    const health = { ...common, mode: "health", probe: "live" } as const;
    assert.equal(await runChange(CHANGE, { stateDir }, output), 1);
    assert.equal(await runLogLevel(log, { stateDir }, output), 1);
    assert.equal(await runHealth(health, { stateDir }, output), 1);
    assert.deepEqual(output.warned, [none, none, none]);
  });
});

Deno.test("resume lifts a pause that is kept, also while no process runs the queue", async () => {
  await withFolder(async (stateDir) => {
    const output = new Output();
    const paused = new PausedQueues(stateDir);
    paused.write("mails", { by: "ada", at: new Date().toISOString(), reason: null, until: null });
    assert.equal(await runChange({ ...CHANGE, action: "resume" }, { stateDir }, output), 0);
    assert.equal(paused.read("mails", Date.now()).kind, "none");
    assert.deepEqual(output.printed, ["mails: its pause is lifted; no process runs it now"]);
  });
});

Deno.test("health says what is wrong and exits with 1, log-level for how long", async () => {
  await controlTest(async (stateDir, control, output) => {
    const common = { ...COMMON, json: false, timeoutSeconds: 60, pid: undefined };
    const health = { ...common, mode: "health", probe: "ready" } as const;
    assert.equal(await runHealth(health, { stateDir }, output), 0);
    control.findings = [{ name: "broker", problem: "unavailable" }];
    assert.equal(await runHealth(health, { stateDir }, output), 1);
    const log = { ...common, mode: "log-level", level: "debug", seconds: 300 } as const;
    assert.equal(await runLogLevel(log, { stateDir }, output), 0);
    assert.deepEqual(output.printed, [
      "ok",
      `process ${Deno.pid}: broker: unavailable`,
      `process ${Deno.pid} logs from debug on for 5m`,
    ]);
  });
});
