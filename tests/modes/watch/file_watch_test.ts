import assert from "node:assert/strict";
import { join } from "node:path";
import { FileWatch } from "../../../lib/modes/watch/file_watch.ts";
import { until } from "../../fixtures/until.ts";

const LIMIT = "OS file watch limit reached.";

/** A folder with a watch, and what the watch has reported. */
class WatchFixture implements AsyncDisposable {
  readonly folder: string;
  readonly changed: string[] = [];
  readonly refused: string[] = [];
  #watch: FileWatch | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(...folders: readonly string[]): Promise<WatchFixture> {
    const fixture = new WatchFixture(await Deno.makeTempDir({ prefix: "pq-file-watch-" }));
    for (const folder of folders) await Deno.mkdir(fixture.path(folder));
    return fixture;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  watch(paths: readonly string[], watchFs?: typeof Deno.watchFs): void {
    this.#watch = new FileWatch(paths.map((path) => this.path(path)), {
      onChange: (path) => this.changed.push(path),
      onRefused: (folder, error, isPartial) => {
        const name = folder.slice(this.folder.length + 1);
        this.refused.push(`${name}: ${(error as Error).message} ${isPartial ? "in part" : ""}`);
      },
    }, watchFs);
  }

  async write(name: string): Promise<void> {
    await Deno.writeTextFile(this.path(name), "");
  }

  async untilChanged(name: string): Promise<void> {
    const path = this.path(name);
    await until(`${path} is seen`, () => this.changed.includes(path), 10);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** `Deno.watchFs` for a system that refuses one folder. */
function refusing(refused: string): typeof Deno.watchFs {
  return (path, options) => {
    if (path === refused) throw new Error(LIMIT);
    return Deno.watchFs(path, options);
  };
}

Deno.test("FileWatch reports a folder that the system refuses to watch once, and watches the rest", async () => {
  await using fixture = await WatchFixture.open("full", "free");
  fixture.watch(["full", "free", "late"], refusing(fixture.path("full")));
  assert.deepEqual(fixture.refused, [`full: ${LIMIT} `]);
  await fixture.write("free/a.ts");
  await fixture.untilChanged("free/a.ts");
  // All watches are opened again.
  await Deno.mkdir(fixture.path("late"));
  await fixture.untilChanged("late");
  await fixture.write("late/b.ts");
  await fixture.untilChanged("late/b.ts");
  assert.equal(fixture.refused.length, 1);
});

Deno.test("FileWatch reports the folder above a missing one if that is refused", async () => {
  await using fixture = await WatchFixture.open("above");
  fixture.watch(["above/missing"], refusing(fixture.path("above")));
  assert.deepEqual(fixture.refused, [`above: ${LIMIT} `]);
});

Deno.test("FileWatch sees a folder that is created just before its parent is watched", async () => {
  await using fixture = await WatchFixture.open();
  fixture.watch(["my/own"], (path, options) => {
    Deno.mkdirSync(fixture.path("my/own"), { recursive: true });
    return Deno.watchFs(path, options);
  });
  await fixture.write("my/own/a.ts");
  await fixture.untilChanged("my/own/a.ts");
  assert.deepEqual(fixture.refused, []);
});

Deno.test("FileWatch watches the parent of a folder that is removed just before it is watched", async () => {
  await using fixture = await WatchFixture.open("mine");
  fixture.watch(["mine"], (path, options) => {
    if (path === fixture.path("mine")) Deno.removeSync(path);
    return Deno.watchFs(path, options);
  });
  assert.deepEqual(fixture.refused, []);
  await Deno.mkdir(fixture.path("mine"));
  await fixture.untilChanged("mine");
});

Deno.test("FileWatch goes on when the system refuses a folder that is created later", async () => {
  await using fixture = await WatchFixture.open("mine");
  fixture.watch(["mine"], (path, options) => failingOnce(Deno.watchFs(path, options)));
  await until("the error is reported", () => fixture.refused.length > 0);
  assert.deepEqual(fixture.refused, [`mine: ${LIMIT} in part`]);
  await fixture.write("mine/a.ts");
  await fixture.untilChanged("mine/a.ts");
});

/** Makes the first event of a watcher the error of a full system. */
function failingOnce(watcher: Deno.FsWatcher): Deno.FsWatcher {
  const iterate = watcher[Symbol.asyncIterator].bind(watcher);
  let isFirst = true;
  watcher[Symbol.asyncIterator] = () => {
    if (!isFirst) return iterate();
    isFirst = false;
    const next = () => Promise.reject(new Error(LIMIT));
    return { next, [Symbol.asyncIterator]: watcher[Symbol.asyncIterator] };
  };
  return watcher;
}

Deno.test("FileWatch does not name the files that editors make for a moment", async () => {
  await using fixture = await WatchFixture.open("mine");
  fixture.watch(["mine"]);
  await fixture.write("mine/a.ts");
  for (const name of [".#a.ts", ".a.ts.swp", "#a.ts", "4913", "a~"]) {
    await fixture.write(`mine/${name}`);
  }
  await fixture.untilChanged("mine/a.ts");
  assert.deepEqual(new Set(fixture.changed), new Set([fixture.path("mine/a.ts")]));
});
