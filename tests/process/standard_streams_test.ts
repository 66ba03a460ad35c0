/** Standard streams that cannot be used: one line, and an exit code. */

import assert from "node:assert/strict";
import { MAIN, Program, programEnv } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const STREAMS: readonly [title: string, redirection: string, args: string[], stderr: string][] = [
  [
    "the standard input of publish is a folder",
    "</",
    ["publish", "noop"],
    "process-queue: the standard input is a folder: redirect a file, as in < events.jsonl",
  ],
  [
    "the results go to a device that is full",
    ">/dev/full",
    ["publish", "noop", "{}"],
    "process-queue: the standard output cannot be written: No space left on device (os error 28)",
  ],
  [
    "the help goes to a device that is full",
    ">/dev/full",
    ["--help"],
    "process-queue: the standard output cannot be written: No space left on device (os error 28)",
  ],
];

/** Runs the program by a shell. @param redirection As in `>file`. */
async function runRedirected(cwd: string, redirection: string, args: readonly string[]) {
  const command = ["run", "-A", "--quiet", MAIN, ...args];
  const shell = ["-c", `exec "$0" "$@" ${redirection}`, Deno.execPath(), ...command];
  await using program = Program.startBinary("/bin/sh", shell, { cwd });
  return await program.end();
}

for (const [title, redirection, args, stderr] of STREAMS) {
  Deno.test(`the program prints one line and ends with 1 if ${title}`, () =>
    withFolder(async (cwd) => {
      const ended = await runRedirected(cwd, redirection, args);
      assert.deepEqual([ended.stderr, ended.code], [[stderr], 1]);
    }));
}

Deno.test("a standard error on a device that is full changes no exit code", () =>
  withFolder(async (cwd) => {
    for (const args of [["--bogus"], ["publish", "noop", "{"]]) {
      assert.equal((await runRedirected(cwd, "2>/dev/full", args)).code, 2, args.join(" "));
    }
  }));

Deno.test("the program prints one line and ends with 1 if nobody reads its results", () =>
  withFolder(async (cwd) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, "publish", "noop"],
      cwd,
      clearEnv: true,
      env: programEnv({}),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await child.stdout.cancel();
    // It prints its result at the end of its input, and so not before the pipe is closed.
    await child.stdin.close();
    const [{ code }, stderr] = await Promise.all([child.status, child.stderr.text()]);
    assert.equal(
      stderr,
      "process-queue: the standard output was closed before all results were written\n",
    );
    assert.equal(code, 1);
  }));
