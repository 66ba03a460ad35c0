/**
 * The files of a new folder of workers.
 *
 * @module
 */

/** A worker. */
export const WORKER = `/**
 * The worker of the queue greetings: it greets each name that an event has.
 *
 * @module
 */

import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "greetings",
  event: z.object({ name: z.string().min(1) }),
  consume({ name }, ctx) {
    ctx.log.info("Hello {name}", { name });
  },
});
`;

/** Its test. */
export const TEST = `import assert from "node:assert/strict";
import { runEvent } from "process-queue/testing";
import greetings from "./greetings.ts";

Deno.test("greetings greets each name", async () => {
  const { outcome, logs } = await runEvent(greetings, { name: "Ada" });
  assert.equal(outcome, "done");
  assert.equal(logs[0]?.message, "Hello Ada");
});

Deno.test("an event without a name is a dead letter", async () => {
  const { outcome } = await runEvent(greetings, { name: "" });
  assert.equal(outcome, "failed");
});
`;

/** The files that no repository keeps. */
export const GITIGNORE = `.process-queue/
node_modules/
var/
.env
`;

/** \`deno.json\`. @param imports Its import map. */
export function denoJson(imports: Readonly<Record<string, string>>): string {
  const config = {
    imports,
    tasks: { check: "deno check", test: "deno test -A" },
    compilerOptions: { strict: true, noUncheckedIndexedAccess: true },
    exclude: [".process-queue/"],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** The README. @param name The name of the folder. */
export function readme(name: string): string {
  return `# ${name}

Workers for process-queue: one file for each queue, with the queue's name.

\`\`\`sh
process-queue types .                                    # after a clone, and after each update
deno task check                                          # the types
deno task test                                           # the tests
process-queue --queue_name greetings --workers-dir .     # runs the worker
process-queue publish greetings '{"name": "Ada"}' --workers-dir .
\`\`\`

\`process-queue types .\` writes the modules that workers import to \`.process-queue/\`, from the program
itself. The package \`process-queue\` on npm is another project: do not install it.
`;
}
