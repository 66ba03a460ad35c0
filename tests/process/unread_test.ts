/**
 * Whoever reads what the program writes stops reading, and does not close: nothing waits for that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { hungFile } from "../fixtures/hung_file.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { UnreadProgram } from "../fixtures/process/unread.ts";
import { until } from "../fixtures/until.ts";

/** Ways to write a line of a KiB. */
const TALKS = {
  "its log": 'ctx.log.info("{text}", { text })',
  "console.log": "console.log(text)",
  "process.stdout": 'process.stdout.write(text + "\\n")',
};
type Talk = keyof typeof TALKS;

const DROPPED: Readonly<Record<Talk, RegExp>> = {
  "its log": /^\d+ log lines were dropped: standard error did not take them in time$/,
  "console.log": /^\d+ lines were dropped: standard output did not take them in time$/,
  "process.stdout": /^\d+ lines were dropped: standard output did not take them in time$/,
};

/** Writes 2 MiB at its first event: more than a pipe and all buffers hold. Says so in a file. */
const talker = (talk: Talk) => `
  import process from "node:process";
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "talker",
    event: z.object({ n: z.number() }),
    async consume({ n }, ctx) {
      for (let line = 0; n === 0 && line < 2048; line++) {
        const text = "line " + line + " " + "x".repeat(1000);
        ${TALKS[talk]};
        if (line % 64 === 63) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await Deno.writeTextFile("talked", n + "\\n", { append: true });
    },
  });`;

const SILENT = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "silent",
    event: z.object({ n: z.number() }),
    async consume({ n }) {
      await Deno.writeTextFile("silent", n + "\\n", { append: true });
    },
  });`;

const ENV = { WORKERS_DIR: "workers" };
const EVENTS = Array.from({ length: 5 }, (_, n) => JSON.stringify({ n })).join("\n");

/** A folder with both workers, and a queue with events for each. */
async function withWorkers(talk: Talk, test: (cwd: string) => Promise<void>): Promise<void> {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.writeTextFile(`${cwd}/workers/talker.ts`, talker(talk));
    await Deno.writeTextFile(`${cwd}/workers/silent.ts`, SILENT);
    for (const queue of ["talker", "silent"]) await publish(cwd, queue);
    await test(cwd);
  });
}

async function publish(cwd: string, queue: string): Promise<void> {
  await using program = Program.start(["publish", queue], { cwd, env: ENV, input: EVENTS });
  assert.equal((await program.end()).code, 0);
}

const start = (cwd: string, ...args: string[]) => UnreadProgram.start(args, { cwd, env: ENV });

async function linesOf(path: string): Promise<number> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").length - 1;
}

const untilDone = (cwd: string, ...files: string[]) =>
  until("all events are done", async () => {
    const counts = await Promise.all(files.map((file) => linesOf(`${cwd}/${file}`)));
    return counts.every((count) => count === 5);
  });

Deno.test("a reader that stops holds up neither a queue nor SIGTERM", async () => {
  await withWorkers("its log", async (cwd) => {
    await using program = start(cwd, "--multi_threaded", "talker", "silent");
    await untilDone(cwd, "talked", "silent");
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
});

for (const talk of ["console.log", "process.stdout"] as const) {
  Deno.test(`a reader that stops does not hold up a worker in the main thread (${talk})`, async () => {
    await withWorkers(talk, async (cwd) => {
      await using program = start(cwd, "--queue_name", "talker", "--inline");
      await untilDone(cwd, "talked");
      program.signal("SIGTERM");
      assert.equal((await program.end()).code, 0);
    });
  });
}

for (const talk of Object.keys(TALKS) as Talk[]) {
  Deno.test(`a reader that goes on gets whole lines, and how many were dropped (${talk})`, async () => {
    await withWorkers(talk, async (cwd) => {
      await using program = start(cwd, "--multi_threaded", "talker", "silent");
      await untilDone(cwd, "talked", "silent");
      const printed = program.read("stdout").text();
      const log = program.read("stderr");
      await log.until((text) => / dropped/.test(text));
      program.signal("SIGTERM");
      const stderr = await log.text();
      assert.equal((await program.end()).code, 0);
      const lines = `${stderr}${await printed}`.split("\n");
      const logged = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      const dropped = logged.filter(({ message }) => DROPPED[talk].test(message));
      const count = dropped.reduce((sum, { count }) => sum + count, 0);
      const whole = lines.filter((line) => /(^|")line \d+ x{1000}($|")/.test(line));
      assert(count > 0 && whole.length > 0);
      assert(whole.length + count >= 2048, `${whole.length} and ${count} dropped`);
      assert.equal(lines.filter((line) => line.includes("xxx")).length, whole.length);
    });
  });
}

Deno.test("a result waits for its reader, whatever was dropped before it", async () => {
  await withWorkers("console.log", async (cwd) => {
    await using program = start(cwd, "--queue_name", "talker", "--drain");
    await untilDone(cwd, "talked");
    const stdout = await program.read("stdout").text();
    assert.match(stdout, /\ndone 5, retried 0, failed 0, waiting for retry 0\n$/);
    assert.equal((await program.end()).code, 0);
  });
});

Deno.test("SIGTERM ends a process whose result nobody reads", async () => {
  await withWorkers("console.log", async (cwd) => {
    await using program = start(cwd, "--queue_name", "talker", "--drain");
    const log = program.read("stderr");
    await log.until((text) => text.includes("disconnecting"));
    program.signal("SIGTERM");
    await log.text();
    await program.end();
  });
});

Deno.test("a disk for statistics and failed events that does not answer holds up nothing", async () => {
  await withWorkers("its log", async (cwd) => {
    const env = { ...ENV, QUEUE_STATS_DIR: `${cwd}/stats`, QUEUE_ERROR_DIR: `${cwd}/errors` };
    for (const folder of ["stats", "errors"]) await Deno.mkdir(`${cwd}/${folder}`);
    await hungFile(`${cwd}/stats/silent.stats.tmp`);
    await hungFile(`${cwd}/errors/silent.errors`);
    await using bad = Program.start(["publish", "silent", "{}", "--workers-dir", "workers"], {
      cwd,
    });
    assert.equal((await bad.end()).code, 0);
    const args = ["--queue_name", "silent", "--drain"];
    await using program = Program.start(args, { cwd, env });
    const { code, stdout } = await program.end();
    assert.deepEqual([code, stdout], [0, ["done 5, retried 0, failed 1, waiting for retry 0"]]);
  });
});
