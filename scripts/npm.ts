/**
 * Makes the npm package of the client, `process-queue-client`, for Node.js and Deno:
 * `deno run -A scripts/npm.ts [folder]` writes it to a folder, by default `dist/npm`, from which
 * `npm pack` or `npm publish` takes it.
 *
 * @module
 */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { bundledFiles } from "./kit/bundled.ts";
import { declarationsOf } from "./kit/declarations.ts";

/** The name of the package; `process-queue` on npm is another project's. */
export const PACKAGE_NAME = "process-queue-client";

const ROOT = join(import.meta.dirname ?? ".", "..");
const CLIENT = "lib/client.ts";

/** Functions that Node.js 20 does not have, and what takes their place in a file. */
const SHIMS: readonly (readonly [name: RegExp, shim: string, text: string])[] = [
  [
    /\bPromise\.withResolvers\b/g,
    "promiseWithResolvers",
    `const promiseWithResolvers = () => {
  let resolve, reject;
  const promise = new Promise((...both) => [resolve, reject] = both);
  return { promise, resolve, reject };
};
`,
  ],
  [
    /\bPromise\.try\b/g,
    "promiseTry",
    `const promiseTry = (run, ...args) => new Promise((resolve) => resolve(run(...args)));
`,
  ],
];

const README = `# ${PACKAGE_NAME}

Publishes events to the queues of process-queue, on RabbitMQ: each is stored when \`publish\` resolves.

\`\`\`js
import { connect } from "${PACKAGE_NAME}";

const client = await connect("amqp://user:password@127.0.0.1:5672/");
await client.publish("greetings", { name: "Ada" });
await client.close();
\`\`\`

An event that is not stored is a \`ClientError\`: its \`kind\` is \`unroutable\` (there is no such
queue), \`timeout\`, \`unreachable\`, \`login\`, \`invalid\` and others, and its message says what to do.
\`connect(url, { declare: true })\` makes queues that are not there. \`publishAll(queue, events)\`
publishes many, \`{ delaySeconds: 600 }\` later, and \`{ id: "order:7" }\` with an id: publish again with
the same id what was not confirmed in time. The declarations describe every option.

It runs under Node.js from 20 on and under Deno. The package \`process-queue\` is another project's.
`;

/** Makes the package. @param folder Where, which is replaced. */
export async function makePackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const work = mkdtempSync(join(tmpdir(), "pq-npm-"));
  try {
    const files = await bundledFiles(ROOT, work, [CLIENT], []);
    for (const [path, text] of files) write(join(folder, path), forNode(text));
  } finally {
    rmSync(work, { recursive: true });
  }
  for (const [path, text] of declarationsOf(ROOT, [CLIENT], ".js")) {
    write(join(folder, "types", path), text);
  }
  write(join(folder, "package.json"), JSON.stringify(manifest(), undefined, 2));
  write(join(folder, "README.md"), README);
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
}

/** Syntax and functions that Node.js 20 has. */
function forNode(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return SHIMS.reduce((code, [name, shim, text]) => {
    const replaced = code.replaceAll(name, shim);
    return replaced === code ? code : `${text}${replaced}`;
  }, outputText);
}

function manifest(): object {
  const { version } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  return {
    name: PACKAGE_NAME,
    version,
    description: "Publishes events to the queues of process-queue, on RabbitMQ",
    type: "module",
    license: "MIT",
    engines: { node: ">=20" },
    exports: { ".": { types: "./types/lib/client.d.ts", default: "./client.js" } },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

if (import.meta.main) await makePackage(resolve(Deno.args[0] ?? join(ROOT, "dist/npm")));
