import assert from "node:assert/strict";
import { complete } from "../../../lib/command_line/completion/complete.ts";
import { makeProgram } from "../../../lib/command_line/program.ts";
import { LOG_LEVELS } from "../../../lib/config/log_choices.ts";

const COMMANDS = "publish failed peek purge new types migrate seed check-config recover mail push";

/** What comes next; the last word of the line is the one to be completed. */
function completed(line: string) {
  return complete(makeProgram(() => {}), line.split(" "));
}

function wordsAfter(line: string): string[] {
  return completed(line).choices.map(({ word }) => word);
}

const CHOICES: readonly [line: string, words: string][] = [
  ["publ", "publish"],
  ["failed ", "groups list show retry drop help"],
  ["failed re", "retry"],
  ["--log-level debug failed re", "retry"],
  ["mail ", "preview test help"],
  ["help pub", "publish"],
  ["--queue_n", "--queue_name"],
  ["--queue-n", "--queue_name"],
  ["publish --any", "--any-queue"],
  ["publish --wor", "--workers-dir"],
  ["publish greetings --queue_n", ""],
  ["failed retry q --dr", "--dry-run"],
  ["failed retry q --dry-run --dr", ""],
  ["--log-format ", "json text"],
  ["--log-format=t", "text"],
  ["--log_format t", "text"],
  ["log-level ", LOG_LEVELS.join(" ")],
  ["log-level debug --", "--for --pid --json --timeout"],
  ["queues --sort fa", "failed"],
  ["doctor --", "--fix --management --json --timeout"],
  ["mail preview x --format ", "html text subject"],
  ["completion ", "bash zsh fish"],
  ["completion bash x ", ""],
  ["publish greetings -- --any", ""],
  ["--all --dr", "--drain"],
  ["nonsense ", ""],
];

for (const [line, words] of CHOICES) {
  Deno.test(`"${line}" is completed by ${words || "nothing"}`, () => {
    const found = wordsAfter(line);
    const expected = words.split(" ").filter(Boolean);
    if (line.endsWith("--")) assert.deepEqual(found.slice(0, expected.length), expected);
    else assert.deepEqual(found, expected);
  });
}

Deno.test("an empty command line is completed by the commands, with what they do", () => {
  const { choices } = completed("");
  const words = choices.map(({ word }) => word);
  assert.deepEqual(COMMANDS.split(" ").filter((each) => !words.includes(each)), []);
  assert(words.includes("help"));
  assert(choices.every(({ description }) => description.length > 10));
});

for (const line of ["--all ", "migrate ", "new folder "]) {
  Deno.test(`"${line}" is completed by options, as no other word may follow`, () => {
    const words = wordsAfter(line);
    assert(words.includes("--log-level"), words.join(" "));
    assert(words.every((word) => word.startsWith("--")), words.join(" "));
  });
}

const KINDS: readonly [line: string, kind: string | undefined][] = [
  ["publish ", "queue"],
  ["publish greetings ", undefined],
  ["failed list ", "queue"],
  ["failed show greetings ", undefined],
  ["pause a b ", "queue"],
  ["--queue_name ", "queue"],
  ["--queue ", "queue"],
  ["--queue=gre", "queue"],
  ["--multi_threaded a b ", "queue"],
  ["--all --except a ", "queue"],
  ["--workers-dir ", "folder"],
  ["publish --from ", "file"],
  ["publish --from=dr", "file"],
  ["new ", "folder"],
  ["recover broken.sqlite ", "file"],
  ["--zulip ./co", "folder"],
  ["--zulip publish ", "queue"],
  ["--zulip /srv publish ", "queue"],
  ["--worker_num ", undefined],
];

for (const [line, kind] of KINDS) {
  Deno.test(`"${line}" is completed by ${kind ? `a ${kind}` : "what is typed"}`, () => {
    assert.equal(completed(line).kind, kind);
  });
}

Deno.test("the part of a word up to = stays", () => {
  const { kept, typed } = completed("queues --sort=na");
  assert.deepEqual({ kept, typed }, { kept: "--sort=", typed: "na" });
});

Deno.test("the folder of workers is the one of the line that is completed", () => {
  assert.equal(completed("--workers-dir mine publish ").workersDir, "mine");
  assert.equal(completed("--workers_dir=mine publish ").workersDir, "mine");
  assert.equal(completed("publish ").workersDir, undefined);
});
