import assert from "node:assert/strict";
import { answerTo, typedWords } from "../../../lib/command_line/completion/scripts.ts";
import { UsageError } from "../../../lib/errors/usage_error.ts";
import { parse } from "../../fixtures/command_line.ts";

Deno.test("bash's words are put together at = and :", () => {
  const words = ["--amqp_url", "amqp", ":", "//host", "--sort", "=", "na"];
  assert.deepEqual(typedWords("bash", words), ["--amqp_url", "amqp://host", "--sort=na"]);
  assert.deepEqual(typedWords("bash", ["--sort", "="]), ["--sort="]);
  assert.deepEqual(typedWords("zsh", ["a", "=", ""]), ["a", "=", ""]);
});

const COMPLETION = {
  choices: [{ word: "name", description: "by name" }, { word: "nil", description: "" }],
  kind: undefined,
  kept: "--sort=",
  typed: "n",
  workersDir: undefined,
};

Deno.test("zsh and fish get whole words with descriptions, bash only what is inserted", () => {
  const whole = ["--sort=name\tby name", "--sort=nil"];
  assert.deepEqual(answerTo("zsh", COMPLETION, []), whole);
  assert.deepEqual(answerTo("fish", COMPLETION, []), whole);
  assert.deepEqual(answerTo("bash", COMPLETION, []), ["name", "nil"]);
});

Deno.test("files are left to the shell, and queues are those that begin as what was typed", () => {
  const file = { ...COMPLETION, choices: [], kind: "file", kept: "" } as const;
  assert.deepEqual(answerTo("bash", file, []), [":files"]);
  assert.deepEqual(answerTo("bash", { ...file, kind: "folder" }, []), [":folders"]);
  const queue = { ...file, kind: "queue" } as const;
  assert.deepEqual(answerTo("bash", queue, ["noop", "test"]), ["noop"]);
});

Deno.test("bash gets names so that it reads nothing in them", () => {
  const queue = { ...COMPLETION, choices: [], kind: "queue", typed: "" } as const;
  const names = ["$(touch x)", "it's", "a*", "größe.v2", "#a"];
  const quoted = ["\\$\\(touch\\ x\\)", "it\\'s", "a\\*", "größe.v2", "\\#a"];
  assert.deepEqual(answerTo("bash", queue, names), quoted);
  assert.deepEqual(answerTo("fish", { ...queue, kept: "" }, names), names);
});

Deno.test("a shell without a script is refused, and the message names those that have one", () => {
  assert.throws(
    () => parse("completion tcsh"),
    new UsageError("there is no completion for tcsh: give bash, zsh or fish"),
  );
});
