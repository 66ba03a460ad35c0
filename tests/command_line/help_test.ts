import assert from "node:assert/strict";
import { VERSION } from "../../lib/system/version.ts";
import { parse, RUN_OPTIONS, SHARED_OPTIONS } from "../fixtures/command_line.ts";

Deno.test("parseCommandLine answers --version", () => {
  assert.deepEqual(parse("--version"), { mode: "version", text: `process-queue ${VERSION}\n` });
});

for (const line of ["--help", "-h", "help", "--queue a --help"]) {
  Deno.test(`parseCommandLine answers ${line} with every option and command`, () => {
    const help = parse(line);
    assert(help.mode === "help");
    for (const part of [...RUN_OPTIONS.split(", "), "publish", "migrate", "Exit codes: 0"]) {
      assert(help.text.includes(part), part);
    }
  });
}

for (const line of ["publish --help", "help publish"]) {
  Deno.test(`parseCommandLine answers ${line} with the options of that command`, () => {
    const help = parse(line);
    assert(help.mode === "help");
    assert.match(help.text, /^Usage: process-queue publish \[options\] <queue> \[json\]/);
    assert.match(help.text, /--any-queue/);
  });
}

Deno.test("the help of each command lists the options that every command takes", () => {
  for (
    const line of [
      "publish",
      "failed list",
      "failed retry",
      "migrate",
      "seed",
      "check-config",
      "recover",
      "mail preview",
      "events",
      "dashboard",
    ]
  ) {
    const command = parse(`${line} --help`);
    const text = "text" in command ? command.text : "";
    for (const name of SHARED_OPTIONS.split(", ")) assert(text.includes(`  ${name} `), text);
    assert(text.includes("\nOptions of every command:\n") && !text.includes("--queue_name"), text);
  }
});
