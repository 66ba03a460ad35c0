/**
 * Stops that come while threads load their workers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

/** A module that says that it is being loaded, and imports others without end. */
function endless(mark: string): string {
  return `Deno.writeTextFileSync(${JSON.stringify(mark)}, "");\n` +
    "for (let n = 0;; n++) await import(`data:text/javascript,export const n = ${n};`);\n";
}

for (const [signal, code] of [["SIGTERM", 0], ["SIGUSR1", 3]] as const) {
  Deno.test(`${signal} while the workers of three queues are loaded ends with ${code}`, () =>
    withFolder(async (cwd) => {
      const queues = ["one", "two", "three"];
      const marks = queues.map((queue) => join(cwd, `${queue}.loading`));
      await Deno.mkdir(join(cwd, "workers"));
      for (const [index, queue] of queues.entries()) {
        const file = join(cwd, "workers", `${queue}.ts`);
        await Deno.writeTextFile(file, endless(marks[index] ?? ""));
      }
      const args = ["--multi_threaded", ...queues, "--workers-dir", "workers"];
      await using program = Program.start(args, { cwd });
      const exist = (path: string) => Deno.stat(path).then(() => true, () => false);
      await until(
        "all are being loaded",
        async () => (await Promise.all(marks.map(exist))).every(Boolean),
      );
      program.signal(signal);
      const ended = await program.end();
      assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr.join("\n"));
    }));
}
