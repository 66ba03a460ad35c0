import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { discover, loadWorker } from "../../../lib/engine/host/discovery.ts";

const LOAD = fileURLToPath(new URL("../../fixtures/discovery/load.ts", import.meta.url));

/** A folder of workers, removed at the end. */
function folder(files: Readonly<Record<string, string>>): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "pq-workers-" });
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

const worker = (queue: string, more = "consume() {}") => `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({ queue: "${queue}", event: z.unknown(), ${more} });
`;

/** The names that are found, and the messages of what is wrong. */
function found(...dirs: [workersDir: string | undefined, builtInDir: string]) {
  const { files, problems } = discover(...dirs);
  return { names: files.map(({ name }) => name), problems: problems.map(({ message }) => message) };
}

const load = (dir: string, name: string, extension = "ts") =>
  loadWorker({ name, file: join(dir, `${name}.${extension}`) });

Deno.test("discover finds the workers that come with the program", () => {
  const { files, problems } = discover();
  const names = files.map(({ name }) => name);
  assert.deepEqual(problems, []);
  for (const name of ["noop", "noop_batch", "test", "user_activity"]) assert(names.includes(name));
  assert.deepEqual(names, names.toSorted());
});

Deno.test("discover finds workers by their names, and loads none", () => {
  using builtIn = folder({ "b.ts": "throw 1", "a.js": "syntax error" });
  using own = folder({
    "c.mts": "",
    "d.mjs": "",
    ".hidden.ts": "",
    "types.d.ts": "",
    "_helper.ts": "",
    "c_test.ts": "",
    "c.test.mjs": "",
    "latest.ts": "",
    "README.md": "",
    "deno.json": "",
  });
  Deno.mkdirSync(join(own.path, "folder.ts"));
  assert.deepEqual(found(own.path, builtIn.path), {
    names: ["a", "b", "c", "d", "latest"],
    problems: [],
  });
  const [a] = discover(own.path, builtIn.path).files;
  assert.equal(a?.file, join(builtIn.path, "a.js"));
});

Deno.test("discover leaves out a worker of a queue that has one, and says which", () => {
  using builtIn = folder({ "test.ts": "" });
  using own = folder({ "test.ts": "", "mine.ts": "", "mine.js": "" });
  const path = (name: string) => join(own.path, name);
  assert.deepEqual(found(own.path, builtIn.path), {
    names: ["mine", "test"],
    problems: [
      `${path("mine.ts")} is ignored: the queue mine already has a worker, ${path("mine.js")}. ` +
      `Rename one of the two files, and the queue in it`,
      `${path("test.ts")} is ignored: the queue test already has a worker, ` +
      `${join(builtIn.path, "test.ts")}. Rename one of the two files, and the queue in it`,
    ],
  });
});

Deno.test("discover looks once into a folder that is given twice", () => {
  using builtIn = folder({ "test.ts": "" });
  assert.deepEqual(found(builtIn.path, builtIn.path), { names: ["test"], problems: [] });
});

for (const kind of ["no folder", "a file"] as const) {
  Deno.test(`discover goes on when the user's folder is ${kind}`, () => {
    using builtIn = folder({ "test.ts": "" });
    const dir = join(builtIn.path, kind === "a file" ? "test.ts" : "nowhere");
    const { names, problems } = found(dir, builtIn.path);
    assert.deepEqual(names, ["test"]);
    assert.equal(problems.length, 1);
    assert(problems[0]?.startsWith(`The workers' folder ${dir} cannot be read: `));
    assert.match(problems[0] ?? "", /\. Check --workers-dir \(or WORKERS_DIR\)$/);
  });
}

Deno.test("loadWorker loads a worker of the user's own folder", async () => {
  using dir = folder({ "mine.ts": worker("mine") });
  const loaded = await load(dir.path, "mine");
  assert.equal(loaded.queue, "mine");
  assert(loaded.event.safeParse(1).success);
});

Deno.test("loadWorker loads a worker written in JavaScript", async () => {
  using dir = folder({ "mine.js": worker("mine") });
  assert.equal((await load(dir.path, "mine", "js")).queue, "mine");
});

for (const extension of ["ts", "js"]) {
  Deno.test(`loadWorker passes over a byte order mark in a worker's .${extension} file`, async () => {
    using dir = folder({ [`mine.${extension}`]: `\ufeff${worker("mine")}` });
    assert.equal((await load(dir.path, "mine", extension)).queue, "mine");
  });
}

Deno.test("loadWorker leaves alone what a worker has beside its options", async () => {
  const text = worker("mine").replace("queue:", "sendMail() {}, queue:");
  using dir = folder({ "mine.ts": text });
  assert.equal((await load(dir.path, "mine")).queue, "mine");
});

const WRONG: readonly [title: string, text: string, message: string][] = [
  [
    "mistypes an option",
    worker("mine").replace("queue:", "retires: [], queue:"),
    "has an unknown option retires; did you mean retries?",
  ],
  [
    "declares none",
    "export const queue = 'mine';",
    "declares no worker: write `export default defineWorker({ … })`, with defineWorker from " +
    "process-queue/worker",
  ],
  [
    "exports a function",
    "export default function () {}",
    "declares no worker: write `export default defineWorker({ … })`, with defineWorker from " +
    "process-queue/worker",
  ],
  [
    "has no queue",
    "export default { consume() {} };",
    'declares a worker without a queue: add `queue: "mine"`',
  ],
  [
    "declares another queue",
    worker("yours"),
    "declares the queue yours, but the file is named mine: use the same name in both",
  ],
  [
    "has no schema",
    'export default { queue: "mine", consume() {} };',
    "declares a worker without a schema: add `event: z.object({ … })`, with z from zod 4",
  ],
  [
    "has no handler",
    worker("mine", ""),
    "declares a worker without a handler: add `consume(event, ctx)`, or `batch` and " +
    "`consumeBatch(events, ctx)`",
  ],
  [
    "has a handler that is no function",
    worker("mine", "consume: 5"),
    "declares a worker without a handler: add `consume(event, ctx)`, or `batch` and " +
    "`consumeBatch(events, ctx)`",
  ],
  [
    "has no size of its batch",
    worker("mine", "consumeBatch() {}"),
    "has consumeBatch but no batch: add `batch: { size, seconds }`",
  ],
  [
    "has a batch and takes events one by one",
    worker("mine", "batch: { size: 5, seconds: 1 }, consume() {}"),
    "has a batch but no consumeBatch: add `consumeBatch(events, ctx)`, or remove batch",
  ],
];

for (const [title, text, message] of WRONG) {
  Deno.test(`loadWorker says what to do with a file that ${title}`, async () => {
    using dir = folder({ "mine.ts": text });
    await assert.rejects(load(dir.path, "mine"), {
      name: "WorkerDeclarationError",
      message: `${join(dir.path, "mine.ts")} ${message}`,
    });
  });
}

const BROKEN: readonly [title: string, text: string, reason: RegExp][] = [
  ["cannot be parsed", "export default {", /SyntaxError|could not be parsed|Expected/],
  ["throws", "throw new TypeError('no database');", /TypeError: no database \(.*mine\.ts:1:7\)$/],
  ["throws what is no error", "throw undefined;", /undefined was thrown$/],
  ["imports a file that is not there", "import './nowhere.ts';", /nowhere\.ts/],
  [
    "imports what nobody knows",
    "import 'left-pad-of-nobody';",
    /left-pad-of-nobody[^]*:1:8\. A worker imports process-queue\/worker, process-queue\/database, zod, kysely, node: modules, files of yours by relative paths, and npm packages as npm:NAME@VERSION$/,
  ],
  [
    "imports what the program does not have",
    "import 'process-queue/workers';",
    /:1:8\. A worker imports process-queue\/worker, process-queue\/database, zod,/,
  ],
];

for (const [title, text, reason] of BROKEN) {
  Deno.test(`loadWorker names a file that ${title}`, async () => {
    using dir = folder({ "mine.ts": text });
    await assert.rejects(load(dir.path, "mine"), (error: Error) => {
      assert.equal(error.name, "WorkerDeclarationError");
      assert(error.message.startsWith(`${join(dir.path, "mine.ts")} does not load: `));
      assert.match(error.message, reason);
      return true;
    });
  });
}

Deno.test("loadWorker loads a good worker beside one that imports a package nobody has", async () => {
  const missing = 'import "npm:this-package-does-not-exist-pq@1.0.0";';
  using dir = folder({
    "a_good.ts": worker("a_good"),
    "bad.ts": `${missing}\n${worker("bad")}`,
    "good.ts": worker("good"),
  });
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without the network: what is not in the cache is not there.
    args: ["run", "-A", "--cached-only", "--no-lock", LOAD, dir.path],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { loaded, problems } = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(loaded, ["a_good", "good"]);
  assert.equal(problems.length, 1);
  assert(
    problems[0].startsWith(`WorkerDeclarationError: ${join(dir.path, "bad.ts")} does not load: `),
  );
  assert.match(problems[0], /this-package-does-not-exist-pq/);
});
