/** `--all` with all of the program's own workers. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { loadConfig } from "../../lib/config/config.ts";
import type { Worker } from "../../lib/worker.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const WORKERS = new URL("../../workers/", import.meta.url);

/** The program's workers that are no tests. */
async function workers(): Promise<Worker[]> {
  const files = readdirSync(WORKERS).filter((name) => /^[a-z].*\.ts$/.test(name));
  const all = await Promise.all(files.map((name) => import(new URL(name, WORKERS).href)));
  return all.map((module) => module.default as Worker).filter(({ isTestQueue }) => !isTestQueue);
}

function launched({ log }: Program): string[] {
  return log.flatMap(({ message }) =>
    /^launching queue worker thread (\w+)$/.exec(message)?.[1] ?? []
  )
    .sort();
}

/** Runs `--all` until all threads are launched. @returns Their queues. */
async function launchedBy(program: Program): Promise<string[]> {
  await program.untilLogged(/^\d+ queue worker threads were launched$/, 300);
  const queues = launched(program);
  program.signal("SIGTERM");
  assert.equal((await program.end(120)).code, 0);
  return queues;
}

Deno.test("with the settings that a seed writes, --all runs every worker", async () => {
  await withFolder(async (cwd) => {
    await using seed = Program.start(["seed", "--env", ".env"], { cwd });
    assert.equal((await seed.end()).code, 0);
    await using program = Program.start(["--all", "--log-format", "json"], { cwd });
    const queues = await launchedBy(program);
    assert.deepEqual(queues, (await workers()).map(({ queue }) => queue).sort());
    assert(!program.log.some(({ message }) => / is left out/.test(message)));
  });
});

Deno.test("with EMAIL_HOST alone, --all says of each other queue what it lacks", async () => {
  await withFolder(async (cwd) => {
    const env = { EMAIL_HOST: "127.0.0.1", STATE_DIR: `${cwd}/state`, BROKER: "embedded" };
    const start = (...args: string[]) => Program.start(args, { cwd, env });
    await using migrated = start("migrate");
    assert.equal((await migrated.end()).code, 0);
    const enabled = (await workers()).filter(({ enabled }) => enabled?.(loadConfig(env)) ?? true);
    const lacks = (worker: Worker) => worker.requires?.filter((name) => !(name in env)) ?? [];
    const lacking = enabled.filter((worker) => lacks(worker).length > 0);
    await using program = start("--all", "--log-format", "json");
    const queues = await launchedBy(program);
    const running = enabled.filter((worker) => !lacking.includes(worker));
    assert.deepEqual(queues, running.map(({ queue }) => queue).sort());
    for (const worker of lacking) {
      const lines = program.log.filter(({ message }) =>
        message.startsWith(`Queue ${worker.queue} is left out: `)
      );
      assert.equal(lines.length, 1, worker.queue);
      const [{ message = "" } = {}] = lines;
      for (const setting of lacks(worker)) assert(message.includes(setting), message);
      assert.match(message, /\((\d+|no) events? waits?\)$/);
    }
  });
});
