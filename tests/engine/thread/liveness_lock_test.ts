import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import {
  holdLivenessLock,
  LivenessLock,
  removeOldLivenessLocks,
} from "../../../lib/engine/thread/liveness_lock.ts";
import { NO_LISTENER } from "../../../lib/engine/host/loops.ts";
import { WorkerThread } from "../../../lib/engine/thread/worker_thread.ts";
import { BenchSetup } from "../../fixtures/executor/bench.ts";

Deno.test({
  name: "nothing is left open of threads whose worker cannot be loaded",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const script = new URL("../../fixtures/executor/fail_to_load.ts", import.meta.url).href;
    const args = ["run", "-A", script, "30"];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" })
      .output();
    const { before, after } = JSON.parse(new TextDecoder().decode(stdout));
    assert(after < before + 8, `${before} files were open before, and ${after} after 30 threads`);
  },
});

Deno.test({
  name: "a thread that the runtime does not start leaves no file, and none open",
  ignore: Deno.build.os !== "linux",
  fn() {
    using setup = new BenchSetup({}, () => {});
    const stateDir = Deno.makeTempDirSync({ prefix: "pq-locks-" });
    try {
      const file = { ...setup.file, cannotBeCloned() {} };
      const thread = () =>
        new WorkerThread({
          data: { file, queue: file.name, workerNum: 0, config: { ...setup.config, stateDir } },
          maxHeapMb: 64,
          publish: () => Promise.resolve(),
          loops: NO_LISTENER,
          onUnhandledError() {},
          onMoreUnhandledErrors() {},
        });
      assert.throws(thread, { name: "DataCloneError" });
      assert.deepEqual([...Deno.readDirSync(stateDir)], []);
      assert.deepEqual(openFilesOf(stateDir), []);
    } finally {
      Deno.removeSync(stateDir, { recursive: true });
    }
  },
});

/** The open files of this process whose path holds a text, those that were removed included. */
function openFilesOf(folder: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      return path.includes(folder) ? [path] : [];
    } catch {
      return []; // It was the listing itself.
    }
  });
}

Deno.test("the files of threads that were killed while they started are removed, once they are old", () => {
  const folder = Deno.makeTempDirSync({ prefix: "pq-locks-" });
  try {
    const name = (digit: string) =>
      `thread-${"00000000-0000-0000-0000-000000000000".replaceAll("0", digit)}.lock`;
    const hourAgo = new Date(Date.now() - 3_601_000);
    for (const file of [name("1"), name("2"), "thread-of-another.lock"]) {
      Deno.writeTextFileSync(`${folder}/${file}`, "");
      if (file !== name("2")) Deno.utimeSync(`${folder}/${file}`, hourAgo, hourAgo);
    }
    removeOldLivenessLocks(folder);
    const left = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    assert.deepEqual(left, [name("2"), "thread-of-another.lock"].sort());
    removeOldLivenessLocks(`${folder}/missing`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Refuses to make files below a folder, as a disk without inodes does. */
function withoutInodes(folder: string): Disposable {
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    if (!`${path}`.startsWith(folder)) return openSync(path, options);
    throw Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  };
  return { [Symbol.dispose]: () => void (Deno.openSync = openSync) };
}

Deno.test("a thread starts on a disk without inodes", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pq-locks-" });
  using _full = withoutInodes(folder);
  const lock = new LivenessLock(folder);
  {
    using held = holdLivenessLock(lock.path);
    assert(held);
  }
  assert(await lock.isReleased());
  assert.throws(() => Deno.statSync(lock.path), Deno.errors.NotFound);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("a thread that no disk has an inode for says to make room", () => {
  using _full = withoutInodes("/");
  assert.throws(
    () => new LivenessLock(tmpdir()),
    /^Error: No file can be made in .*: No space left on device\. Make room on the disk of that folder$/,
  );
});
