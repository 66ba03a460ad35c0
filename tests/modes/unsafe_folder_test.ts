import assert from "node:assert/strict";
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import { mayLoad, requireSafeWorkers, workersProblem } from "../../lib/modes/folders.ts";
import { unsafetyOf, wrongWithOwned } from "../../lib/modes/unsafe_folder.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const ME = 1000;
const OTHER = 4711;

const OWNED: readonly [uid: number, mode: number, wrong: string | undefined][] = [
  [ME, 0o755, undefined],
  [0, 0o755, undefined],
  [ME, 0o700, undefined],
  [OTHER, 0o700, "belongs to the user with the id 4711"],
  [ME, 0o775, "can be written by its group"],
  [ME, 0o757, "can be written by every user"],
  [ME, 0o777, "can be written by every user"],
  [0, 0o1777, "can be written by every user"],
];

Deno.test("a file or folder is unsafe by its owner or by who may write it", () => {
  for (const [uid, mode, wrong] of OWNED) {
    for (const isFolder of [false, true]) {
      assert.equal(wrongWithOwned({ uid, mode, isFolder }, ME, false), wrong, mode.toString(8));
    }
  }
});

Deno.test("a folder above may be written by all if only owners remove its files", () => {
  const above = (mode: number, uid = 0) => wrongWithOwned({ uid, mode, isFolder: true }, ME, true);
  assert.equal(above(0o1777), undefined);
  assert.equal(above(0o777), "can be written by every user");
  assert.equal(above(0o1777, OTHER), "belongs to the user with the id 4711");
});

/** A safe folder of workers, `workers`, with a file and a folder in it. */
function workersTest(name: string, test: (folder: string) => void): void {
  Deno.test(name, () =>
    withFolder((made) => {
      const folder = realpathSync(made);
      mkdirSync(`${folder}/workers/words`, { recursive: true });
      for (const file of ["greetings.ts", "words/words.ts"]) {
        writeFileSync(`${folder}/workers/${file}`, "");
        chmodSync(`${folder}/workers/${file}`, 0o644);
      }
      for (const each of ["workers", "workers/words"]) chmodSync(`${folder}/${each}`, 0o755);
      test(folder);
      return Promise.resolve();
    }));
}

workersTest("unsafetyOf names what others may write, at any depth", (folder) => {
  const workers = `${folder}/workers`;
  assert.equal(unsafetyOf(workers), undefined);
  assert.equal(unsafetyOf(`${folder}/nowhere`), undefined);
  const cases: [path: string, mode: number][] = [
    ["", 0o777],
    ["workers", 0o777],
    ["workers/greetings.ts", 0o666],
    ["workers/words", 0o777],
    ["workers/words/words.ts", 0o666],
  ];
  for (const [path, mode] of cases) {
    const unsafe = path === "" ? folder : `${folder}/${path}`;
    chmodSync(unsafe, mode);
    assert.equal(unsafetyOf(workers), `${unsafe} can be written by every user`);
    chmodSync(unsafe, mode & 0o755);
  }
  assert.equal(unsafetyOf(workers), undefined);
});

workersTest("unsafetyOf follows links, and looks at what is above their files", (folder) => {
  const workers = `${folder}/workers`;
  mkdirSync(`${folder}/elsewhere`);
  writeFileSync(`${folder}/elsewhere/more.ts`, "");
  chmodSync(`${folder}/elsewhere/more.ts`, 0o644);
  symlinkSync("../elsewhere/more.ts", `${workers}/more.ts`);
  symlinkSync("nothing.ts", `${workers}/broken.ts`);
  symlinkSync(".", `${workers}/again`);
  chmodSync(`${folder}/elsewhere`, 0o755);
  assert.equal(unsafetyOf(workers), undefined);
  chmodSync(`${folder}/elsewhere`, 0o777);
  assert.equal(unsafetyOf(workers), `${folder}/elsewhere can be written by every user`);
});

workersTest("unsafetyOf names another owner, and trusts root", (folder) => {
  const uid = Deno.uid();
  const found = unsafetyOf(`${folder}/workers`, OTHER);
  assert.equal(found, uid === 0 ? undefined : `${folder} belongs to the user with the id ${uid}`);
  assert.equal(unsafetyOf(`${folder}/workers`, null), undefined);
});

workersTest("an unsafe folder is a problem of its setting, unless it is allowed", (folder) => {
  const workers = `${folder}/workers`;
  chmodSync(workers, 0o775);
  const wrong = `${workers} can be written by its group`;
  const fix =
    `make it and all in it belong to this user or root (chown -R), and take the others' ` +
    `right to write away (chmod -R go-w ${workers}), or, if they may run code as this user, give ` +
    `--allow-unsafe-folder`;
  const given = readConfig({}, { workersDir: workers });
  assert.deepEqual(workersProblem(given), { setting: "--workers-dir", wrong, fix });
  const set = loadConfig({ WORKERS_DIR: workers }, {});
  assert.throws(() => requireSafeWorkers(set), {
    name: "ConfigError",
    message: `the configuration has a problem: WORKERS_DIR: ${wrong}; ${fix}`,
  });
  assert.equal(mayLoad(set, `${workers}/greetings.ts`), false);
  assert.equal(mayLoad(set, "/elsewhere/built_in.ts"), true);
  for (
    const allowed of [
      loadConfig({ WORKERS_DIR: workers, ALLOW_UNSAFE_FOLDER: "true" }, {}),
      loadConfig({ WORKERS_DIR: workers }, { allowUnsafeFolder: "true" }),
    ]
  ) {
    assert.equal(workersProblem(allowed), undefined);
    assert.equal(mayLoad(allowed, `${workers}/greetings.ts`), true);
  }
});
