import assert from "node:assert/strict";
import { readConfig } from "../../lib/config/config.ts";
import { workersProblem, writableProblem } from "../../lib/modes/folders.ts";

/** A disk without inodes, for as long as this lives. */
function withoutInodes(): Disposable {
  const { writeTextFileSync } = Deno;
  Deno.writeTextFileSync = () => {
    throw Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  };
  return { [Symbol.dispose]: () => void (Deno.writeTextFileSync = writeTextFileSync) };
}

Deno.test("writableProblem advises to make room on a full disk, unless it may be full", () => {
  const dir = Deno.makeTempDirSync({ prefix: "pq-folders-" });
  using _full = withoutInodes();
  assert.deepEqual(writableProblem("STATE_DIR", dir), {
    setting: "STATE_DIR",
    wrong: `no file can be made in ${dir} (No space left on device)`,
    fix: "make room on the disk of that folder",
  });
  assert.equal(writableProblem("STATE_DIR", dir, { mayBeFull: true }), undefined);
  Deno.removeSync(dir);
});

Deno.test("writableProblem names a folder that is no folder, whether its disk may be full or not", () => {
  for (const mayBeFull of [false, true]) {
    const problem = writableProblem("STATE_DIR", "/dev/null/state", { mayBeFull });
    assert.match(problem?.wrong ?? "", /^no file can be made in \/dev\/null\/state \(/);
    assert.equal(problem?.fix, "set it to a folder that this user may write");
  }
});

Deno.test("workersProblem names a missing folder once", () => {
  const wrong = "the folder /nowhere cannot be read (No such file or directory (os error 2))";
  assert.deepEqual(workersProblem(readConfig({ WORKERS_DIR: "/nowhere" })), {
    setting: "WORKERS_DIR",
    wrong,
    fix: "set it, or --workers-dir, to the folder of your workers",
  });
  assert.deepEqual(workersProblem(readConfig({}, { workersDir: "/nowhere" })), {
    setting: "--workers-dir",
    wrong,
    fix: "set it to the folder of your workers",
  });
});
