/** The README tells the truth about settings, options, commands and files. */
import assert from "node:assert/strict";
import { parseCommandLine } from "../lib/command_line.ts";
import { SETTINGS } from "../lib/config.ts";

const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
const HELP = helpText();

function helpText(): string {
  const command = parseCommandLine(["--help"]);
  return "text" in command ? command.text : "";
}

/** The cells of the table under a heading of three columns. */
function settingsTable(): string[][] {
  const [, section = ""] = README.split("\n## Settings\n");
  return section.split("\n## ", 1).join("").split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("README lists every setting with its default and what it does", () => {
  const expected = SETTINGS.map(({ name, default: text, description }) => [
    `\`${name}\``,
    text === undefined ? "" : `\`${text}\``,
    description,
  ]);
  assert.deepEqual(settingsTable(), expected);
});

Deno.test("README names only options that --help knows", () => {
  const named = new Set(README.match(/--[a-z][a-z_-]+/g));
  for (const option of ["--queue-name"]) named.delete(option);
  const unknown = [...named].filter((option) => !HELP.includes(option));
  assert.deepEqual(unknown, []);
});

Deno.test("README's links lead to files that are there", async () => {
  for (const [, target = ""] of README.matchAll(/\]\(([A-Za-z][^):]*)\)/g)) {
    await Deno.stat(new URL(`../${target}`, import.meta.url));
  }
});

Deno.test("README's worker is a worker", async () => {
  const [, source = ""] = /```ts\n([^]*?)```/.exec(README) ?? [];
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/greetings.ts`, source);
    const { loadWorker } = await import("../lib/discovery.ts");
    const worker = await loadWorker({ name: "greetings", file: `${dir}/greetings.ts` });
    assert.equal(worker.event.safeParse({ name: "Ada" }).success, true);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
