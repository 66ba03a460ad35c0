import assert from "node:assert/strict";
import { makeProgram } from "../../../lib/command_line/program.ts";
import { manualPage } from "../../../lib/command_line/manual/page.ts";
import { entry, macro, textLine } from "../../../lib/command_line/manual/roff.ts";
import { forEachCommand } from "../../../lib/command_line/tree.ts";
import { SETTINGS } from "../../../lib/config/settings.ts";
import { installedTest, runInstalled } from "../../fixtures/installed.ts";

const PROGRAM = makeProgram(() => {});
const PAGE = manualPage(PROGRAM, "1.2.3");

Deno.test("the manual has every option of every command, and every setting", () => {
  const plain = PAGE.replaceAll("\\-", "-");
  const names = new Set<string>();
  forEachCommand(PROGRAM, ({ options }) => {
    for (const { flags, hidden } of options) if (!hidden) names.add(flags);
  });
  for (const { name } of SETTINGS) names.add(name);
  assert(names.size > 150, `${names.size}`);
  assert.deepEqual([...names].filter((name) => !plain.includes(`.B "${name}"\n`)), []);
});

Deno.test("the manual has a part for each command, with its usage", () => {
  const parts = [...PAGE.matchAll(/^\.SS "(.*)"$/gm)].map(([, title = ""]) => title);
  for (const usage of ["publish <queue> [json]", "failed show <queue> <handle>", "migrate"]) {
    assert(parts.includes(usage), usage);
  }
});

Deno.test("a text of the manual stays as it is", () => {
  assert.equal(textLine(".env\nis read"), "\\&.env is read");
  assert.equal(textLine("a\\b -c"), "a\\eb \\-c");
  assert.equal(textLine("é…"), "\\[u00E9]\\[u2026]");
  assert.equal(macro("SS", 'say "x"'), '.SS "say \\(dqx\\(dq"');
  assert.deepEqual(entry("-v", "one", "two"), [".TP", '.B "\\-v"', "one", ".IP", "two"]);
});

installedTest("groff", "groff formats the manual without a warning", async () => {
  const { stdout, stderr } = await runInstalled(
    "groff",
    ["-ww", "-man", "-Tutf8", "-P-cbou"],
    PAGE,
  );
  assert.equal(stderr, "");
  assert.match(stdout, /^PROCESS-QUEUE\(1\) +User Commands +PROCESS-QUEUE\(1\)$/m);
  assert.match(stdout, /^ {3}failed retry <queue>$/m);
  assert.match(stdout, /^process-queue 1\.2\.3/m);
});
