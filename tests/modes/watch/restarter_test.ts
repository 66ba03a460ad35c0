import assert from "node:assert/strict";
import process from "node:process";
import { Restarter } from "../../../lib/modes/watch/restarter.ts";
import { until } from "../../fixtures/until.ts";

/** The arguments of a shell whose process runs until a signal ends it, and its process id. */
async function endless({ before = "", forever = "exec sleep 60" } = {}) {
  const file = await Deno.makeTempFile({ prefix: "pq-restarter-" });
  const script = `${before} echo $$ > ${file}.new; mv ${file}.new ${file}; ${forever}`;
  return { args: ["-c", script], pid: () => pidIn(file) };
}

/** Waits until the shell runs. */
async function pidIn(file: string): Promise<number> {
  const pid = await until("the child runs", async () => Number(await Deno.readTextFile(file)), 20);
  await Deno.remove(file);
  return pid;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

Deno.test("Restarter ends with 0 when a signal ends a child that does not listen to it yet", async () => {
  await using restarter = new Restarter("sleep", ["60"]);
  const run = restarter.run();
  Deno.kill(Deno.pid, "SIGTERM");
  assert.equal(await run, 0);
});

for (const signal of ["SIGHUP", "SIGQUIT"] as const) {
  Deno.test(`Restarter passes ${signal} on to the child, and ends with it`, async () => {
    const trapped = signal.slice(3);
    const forever = "while :; do sleep 0.05; done";
    const { args, pid } = await endless({ before: `trap 'exit 7' ${trapped};`, forever });
    await using restarter = new Restarter("sh", args);
    const run = restarter.run();
    await pid();
    Deno.kill(Deno.pid, signal);
    assert.equal(await run, 7);
  });
}

Deno.test("Restarter ends with the code that the child chose", async () => {
  const forever = "while :; do sleep 0.05; done";
  const { args, pid } = await endless({ before: "trap 'exit 7' TERM;", forever });
  await using restarter = new Restarter("sh", args);
  const run = restarter.run();
  await pid();
  Deno.kill(Deno.pid, "SIGTERM");
  assert.equal(await run, 7);
});

Deno.test("Restarter ends its child when it is disposed of", async () => {
  const { args, pid } = await endless();
  let child: number;
  {
    await using restarter = new Restarter("sh", args);
    void restarter.run();
    child = await pid();
    assert(isRunning(child));
  }
  assert(!isRunning(child));
});

Deno.test("Restarter kills a child that ignores signals when it is disposed of", async () => {
  const { args, pid } = await endless({ before: "trap '' TERM INT;" });
  let child: number;
  {
    await using restarter = new Restarter("sh", args, 200);
    void restarter.run();
    child = await pid();
  }
  assert(!isRunning(child));
});

Deno.test("Restarter ends its child at an uncaught error, and throws the error", async () => {
  const throws = [
    (error: Error) => reportError(error),
    (error: Error) => void Promise.reject(error),
  ];
  for (const uncaught of throws) {
    const { args, pid } = await endless();
    await using restarter = new Restarter("sh", args);
    const run = restarter.run();
    const child = await pid();
    uncaught(new Error("nobody caught this"));
    await assert.rejects(run, /nobody caught this/);
    assert(!isRunning(child));
  }
});
