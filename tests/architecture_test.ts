/**
 * What holds for the source as a whole: everything that lib exports is
 * documented, imports point one way, and no file reaches outside of the
 * repository.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The rooms of the program, the highest row first. A room is a folder and the file of its name
 * (`lib/worker` stands for `lib/worker.ts`, `lib/testing` for `lib/testing.ts` and what is below
 * `lib/testing/`). It imports from itself and from the rooms of lower rows, types included; rooms
 * of one row do not know each other.
 */
const ROWS: readonly (readonly string[])[] = [
  ["lib/testing"],
  ["main"],
  ["lib/modes"],
  ["lib/monitoring", "lib/command_line"],
  ["lib/engine/registry"],
  ["lib/engine/supervisor"],
  ["lib/engine/thread", "lib/engine/consumer"],
  ["lib/engine/host", "lib/engine/broker"],
  ["lib/engine/executor"],
  ["lib/engine/report"],
  ["lib/engine/settle"],
  ["lib/log"],
  ["lib/worker"],
  ["lib/config"],
  ["lib/domain"],
  ["lib/system"],
  ["lib/errors", "lib/json"],
  ["deno.json"],
];

/** The one file of the domain that the engine knows: it opens `ctx.database`. */
const DATABASE = "lib/domain/database/database.ts";

/** What .gitignore names, and git's own folder. */
const MADE: readonly string[] = [".git", ".env", "node_modules", "var", "dist", "my-workers"];

const root = new URL("../", import.meta.url);

/** One `import` or `export … from` of a file. */
interface Import {
  /** The importing file, relative to the repository. */
  readonly from: string;
  readonly line: number;
  /** As it is written. */
  readonly specifier: string;
  /** The file it leads to, relative to the repository; or a URL such as `npm:…`. */
  readonly to: string;
}

Deno.test("everything that lib exports has a JSDoc comment", async () => {
  const files = await typescriptFiles("lib");
  if (files.length === 0) return;
  const doc = await denoJson<Documentation>("doc", "--json", ...files);
  const missing = Object.values(doc.nodes).flatMap(undocumented);
  assertNone(missing, "give each a comment /** … */");
});

Deno.test("every file of lib is in a room", async () => {
  const files = (await typescriptFiles("lib")).filter((file) => rowOf(file) < 0);
  assertNone(files, "put it into ROWS in tests/architecture_test.ts");
});

Deno.test("imports point down", async () => {
  const problems = (await allImports()).map(problemOf).filter((problem) => problem !== undefined);
  assertNone(
    problems,
    "import from a lower layer, or change the tables at the top of this test",
  );
});

Deno.test("no file leads back to itself by its imports, types included", async () => {
  const circle = circleIn(await allImports());
  assertNone(circle ? [circle.join(" → ")] : [], "move what both need into a file of its own");
});

Deno.test("a circle of imports is found", () => {
  const one = (from: string, to: string): Import => (
    { from, line: 1, specifier: to, to }
  );
  const tree = [one("a.ts", "b.ts"), one("a.ts", "c.ts"), one("b.ts", "c.ts")];
  assert.equal(circleIn(tree), undefined);
  assert.deepEqual(circleIn([...tree, one("c.ts", "b.ts")]), ["b.ts", "c.ts", "b.ts"]);
});

Deno.test("an import that points up is found", () => {
  const problem = (from: string, to: string, more: Partial<Import> = {}) =>
    problemOf({ from, line: 1, specifier: to, to, ...more });
  const wrong: [string, string][] = [
    ["lib/engine/broker/amqp.ts", "lib/engine/consumer/consumer.ts"],
    ["lib/engine/broker/amqp.ts", "lib/engine/host/host.ts"],
    ["lib/engine/report.ts", "lib/engine/executor/executor.ts"],
    ["lib/engine/host/host.ts", "lib/domain/mail/send.ts"],
    ["lib/domain/mail/send.ts", "lib/config/config.ts"],
    ["lib/domain/mail/send.ts", "lib/worker.ts"],
    ["lib/config/config.ts", "lib/log/log.ts"],
    ["lib/engine/registry.ts", "workers/user_activity.ts"],
    ["lib/engine/registry.ts", "scripts/test.ts"],
    ["lib/engine/registry.ts", "lib/novel.ts"],
    ["workers/user_activity.ts", "lib/engine/broker/amqp.ts"],
    ["workers/user_activity.ts", "tests/servers.ts"],
    ["workers/user_activity.ts", "lib/worker.ts"],
    ["main.ts", "tests/servers.ts"],
  ];
  for (const [from, to] of wrong) {
    assert.notEqual(problem(from, to), undefined, `${from} → ${to}`);
  }
  const right: [string, string, Partial<Import>?][] = [
    ["lib/engine/consumer/consumer.ts", "lib/engine/broker/broker.ts"],
    ["lib/engine/host/host.ts", "lib/engine/host/discovery.ts"],
    ["lib/engine/host/host.ts", DATABASE],
    ["workers/user_activity.ts", "lib/worker.ts", {
      specifier: "process-queue/worker",
    }],
    ["workers/user_activity.ts", "npm:zod@4.6.7"],
    ["workers/user_activity.ts", "lib/domain/mail/send.ts"],
  ];
  for (const [from, to, more] of right) {
    assert.equal(problem(from, to, more), undefined);
  }
});

Deno.test("no file reaches for the folder beside the repository", async () => {
  const outside = ["..", "shared"].join("/");
  const files = (await repositoryFiles()).filter((file) => file !== ".ci/run");
  const reaching = files.filter((file) => readText(file).includes(outside));
  assertNone(reaching, `remove ${outside} from it: only .ci/run may use it`);
});

function assertNone(problems: readonly string[], whatToDo: string): void {
  if (problems.length > 0) assert.fail(`${whatToDo}:\n${problems.join("\n")}`);
}

/** What is used of the answer of `deno doc --json`; lines count from 0. */
interface Documentation {
  readonly nodes: Readonly<
    Record<string, { readonly symbols: readonly DocumentedSymbol[] }>
  >;
}

interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Declaration {
  readonly location: { readonly filename: string; readonly line: number };
  readonly declarationKind: string;
  readonly kind: string;
  readonly jsDoc?: {
    readonly doc?: string;
    readonly tags?: readonly { readonly kind: string }[];
  };
}

/** `file:line symbol` of each exported symbol without a comment of its own. */
function undocumented(
  { symbols }: { readonly symbols: readonly DocumentedSymbol[] },
): string[] {
  return symbols
    .filter(({ declarations }) => !declarations.some((one) => !isOwn(one) || isDocumented(one)))
    .map(({ name, declarations }) => `${place(declarations[0])} ${name}`);
}

/** Whether it is exported here, rather than passed on from where it has its comment. */
function isOwn({ declarationKind, kind }: Declaration): boolean {
  return declarationKind === "export" && kind !== "reference";
}

/** The comment of a file counts for the first symbol too, unless it has one of its own. */
function isDocumented({ jsDoc }: Declaration): boolean {
  if (jsDoc?.tags?.some(({ kind }) => kind === "module")) return false;
  return (jsDoc?.doc ?? "") !== "" || (jsDoc?.tags?.length ?? 0) > 0;
}

function place(declaration: Declaration | undefined): string {
  if (!declaration) return "somewhere";
  const { filename, line } = declaration.location;
  return `${relative(filename)}:${line + 1}`;
}

/** What is used of the answer of `deno info --json`; lines count from 0. */
interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly Dependency[];
  }[];
}

interface Dependency {
  readonly specifier: string;
  /** What is imported for its values. */
  readonly code?: Resolution;
  /** What is imported for its types; alone where nothing else is. */
  readonly type?: Resolution;
}

interface Resolution {
  readonly specifier?: string;
  readonly span: { readonly start: { readonly line: number } };
}

/** Every import of main.ts, lib and workers, whether main.ts leads to it or not. */
async function allImports(): Promise<Import[]> {
  const files = [
    ...await typescriptFiles("lib"),
    ...await typescriptFiles("workers"),
  ];
  if (exists("main.ts")) files.push("main.ts");
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const { modules } = await denoJson<Graph>(
      "info",
      "--json",
      "--config",
      "deno.json",
      entry,
    );
    return modules
      .filter(({ specifier }) => files.includes(relative(specifier)))
      .flatMap(({ specifier, dependencies = [] }) =>
        dependencies.map((dependency) => importOf(relative(specifier), dependency))
      );
  } finally {
    await Deno.remove(entry);
  }
}

function importOf(from: string, { specifier, code, type }: Dependency): Import {
  const resolution = code ?? type;
  return {
    from,
    line: (resolution?.span.start.line ?? 0) + 1,
    specifier,
    to: relative(resolution?.specifier ?? specifier),
  };
}

/** What is wrong with an import; undefined where it is right. */
function problemOf(one: Import): string | undefined {
  const wrong = one.from.startsWith("workers/") ? problemOfWorker(one) : problemOfRooms(one);
  return wrong && `${one.from}:${one.line} imports ${one.to}: ${wrong}`;
}

function problemOfWorker({ specifier, to }: Import): string | undefined {
  if (specifier === "process-queue/worker" || /^(npm|node):/.test(to)) {
    return undefined;
  }
  if (to.startsWith("lib/domain/")) return undefined;
  return "a worker imports only process-queue/worker, packages, and files of lib/domain/";
}

function problemOfRooms({ from, to }: Import): string | undefined {
  const higher = rowOf(from);
  if (higher < 0) return undefined; // Another test reports that.
  if (/^(npm|node):/.test(to)) return undefined;
  if (from.startsWith("lib/engine/") && to.startsWith("lib/domain/") && to !== DATABASE) {
    return `the engine knows nothing of the domain but ${DATABASE}`;
  }
  const lower = rowOf(to);
  if (lower < 0) return `${to} is in no room`;
  if (lower < higher) return "that is a higher room";
  return lower > higher || roomOf(from) === roomOf(to) ? undefined : "that room is in the same row";
}

/** The number of a file's row, 0 for the highest; -1 where it is in none. */
function rowOf(file: string): number {
  return ROWS.findIndex((rooms) => rooms.some((room) => holds(room, file)));
}

function roomOf(file: string): string | undefined {
  return ROWS.flat().find((room) => holds(room, file));
}

function holds(room: string, file: string): boolean {
  return file === room || file === `${room}.ts` || file.startsWith(`${room}/`);
}

/** The first chain of imports that leads back to where it begins, as paths. */
function circleIn(imports: readonly Import[]): string[] | undefined {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const { to } of targets.get(file) ?? []) {
      const circle = visit(to, [...path, file]);
      if (circle) return circle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

/** Runs deno in the repository and answers the JSON it prints. */
async function denoJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await run(Deno.execPath(), args));
}

async function run(program: string, args: string[]): Promise<string> {
  const command = new Deno.Command(program, {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  if (!success) {
    throw new Error(
      `${program} ${args[0]} failed: ${text.decode(stderr).trim()}`,
    );
  }
  return text.decode(stdout);
}

async function typescriptFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))
  ) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await typescriptFiles(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** What is committed, or would be; without git or its folder, all but what is made here. */
async function repositoryFiles(): Promise<string[]> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = await run("git", ["-c", "safe.directory=*", ...list]).catch(() => undefined);
  if (names === undefined) return allFiles("");
  return names.split("\0").filter((name) => name !== "" && exists(name));
}

/** The files below a folder of the repository, without those that .gitignore names. */
function allFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(encodeURI(folder), root))].flatMap(
    ({ name, isDirectory }) => {
      if (MADE.includes(name)) return [];
      return isDirectory ? allFiles(`${folder}${name}/`) : [`${folder}${name}`];
    },
  );
}

function exists(file: string): boolean {
  try {
    return Deno.statSync(new URL(encodeURI(file), root)).isFile;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  return Deno.readTextFileSync(new URL(encodeURI(file), root));
}

/** The path of a file URL inside the repository; anything else as it is. */
function relative(url: string): string {
  const start = pathToFileURL(fileURLToPath(root)).href;
  return url.startsWith(start) ? decodeURIComponent(url.slice(start.length)) : url;
}
