/** Signals that come while the program is still being loaded. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The numbers of the signals that Deno itself does not catch. */
const CAUGHT = [12, 20];

/** Starts a worker on the embedded broker, and waits until it catches signals, and no longer. */
async function startUntilItListens(cwd: string): Promise<Program> {
  const program = Program.start(["--queue_name", "noop"], { cwd });
  await until("signals are caught", () => CAUGHT.every((number) => catches(program.pid, number)));
  return program;
}

function catches(pid: number, signal: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(status)?.[1] ?? "0"}`);
  return (caught >> BigInt(signal - 1) & 1n) === 1n;
}

Deno.test("signals are caught before the first log line, and take effect in their order", async () => {
  await withFolder(async (cwd) => {
    await using program = await startUntilItListens(cwd);
    assert.deepEqual(program.stderr, []);
    program.signal("SIGTSTP");
    program.signal("SIGUSR2");
    await program.untilLogged(/^Status of queue noop/);
    await program.untilLogged(/^Taking no more events from queue noop until SIGCONT/);
    program.signal("SIGCONT");
    await program.untilLogged(/^Taking events from queue noop again/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
});

for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 0], ["SIGUSR1", 3]] as const) {
  Deno.test(`${signal} while the program is loaded ends it with ${code}`, async () => {
    await withFolder(async (cwd) => {
      await using program = await startUntilItListens(cwd);
      program.signal(signal);
      const ended = await program.end();
      assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr.join("\n"));
    });
  });
}

for (const signal of ["SIGTERM", "SIGINT", "SIGUSR2"] as const) {
  Deno.test(`${signal} ends a command that runs no queues as it does any program`, async () => {
    await withFolder(async (cwd) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", MAIN, "publish", "noop"],
        cwd,
        env: { STATE_DIR: `${cwd}/var` },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      await until("it waits for events", () => exists(`${cwd}/var/broker.sqlite`));
      child.kill(signal);
      assert.equal((await child.status).signal, signal);
      await child.stdin.abort();
    });
  });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
