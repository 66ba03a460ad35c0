/**
 * The examples of docs/publishing.md, each run as it is printed there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { whereInstalled } from "./fixtures/interop/clients.ts";
import { withFolder } from "./fixtures/process/program_fixture.ts";
import { type QueueFixture, queueTest } from "./fixtures/rabbitmq/queue_fixture.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PAGE = Deno.readTextFileSync(`${ROOT}docs/publishing.md`);

/** The first example in a language. */
function example(language: string): string {
  const [, code = ""] = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(PAGE) ?? [];
  assert(code.includes("greetings"), `docs/publishing.md has no example in ${language}`);
  return code;
}

/** How an example is run: its file, and the program with its arguments. */
const RUNS: readonly [language: string, file: string, command: readonly string[]][] = [
  ["ts", "publish.ts", [Deno.execPath(), "run", "-A", `--config=${ROOT}deno.json`]],
  ["python", "publish.py", ["/usr/bin/python3"]],
  ["php", "publish.php", ["php"]],
  ["sh", "publish.sh", ["/bin/sh", "-e"]],
];
/** The events of each example that are ready at once. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  ts: ["Ada", "Bob", "Cyd"],
  python: ["Ada"],
  php: ["Ada"],
  sh: ["Ada", "Eve", "Fay"],
};

whereInstalled("the examples of docs/publishing.md store their events", () => {
  for (const [language, file, command] of RUNS) {
    queueTest(`the example in ${language} stores its events`, async (fixture) => {
      await withFolder((folder) => publishes(fixture, { language, file, command, folder }));
    });
  }
});

interface Run {
  readonly language: string;
  readonly file: string;
  readonly command: readonly string[];
  readonly folder: string;
}

async function publishes(fixture: QueueFixture, { language, file, command, folder }: Run) {
  const { queue, server } = fixture;
  const broker = await fixture.broker();
  await broker.declare(queue);
  const program = `#!/bin/sh\nexec "${Deno.execPath()}" run -A --quiet "${ROOT}main.ts" "$@"\n`;
  await Deno.writeTextFile(`${folder}/process-queue`, program, { mode: 0o755 });
  const code = example(language).replaceAll("greetings", queue);
  await Deno.writeTextFile(`${folder}/${file}`, code);
  await Deno.writeTextFile(`${folder}/events.jsonl`, '{"name": "Eve"}\n{"name": "Fay"}\n');
  const [name = "", ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(name, {
    args: [...args, file],
    cwd: folder,
    env: { AMQP_URL: withVhost(server.url), PATH: `${folder}:${Deno.env.get("PATH") ?? ""}` },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, text);
  const events = await broker.peek(queue, 10);
  const names = events.map(({ body }) => JSON.parse(new TextDecoder().decode(body)).name);
  assert.deepEqual(names, NAMES[language], text);
  for (const { properties } of events) {
    assert.match(properties.messageId ?? "", /^[0-9a-f-]{32,36}$/);
    assert.equal(properties.contentType, "application/json");
    const age = Date.now() - Number(properties.headers?.["timestamp_in_ms"]);
    assert(age > -5000 && age < 3600_000, `published ${age} ms ago`);
  }
}

/** The URL with its virtual host, which pika does not guess. */
function withVhost(url: string): string {
  return url.endsWith("/") ? `${url}%2F` : `${url}/%2F`;
}
