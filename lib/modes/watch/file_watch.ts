/**
 * Tells when source files change.
 *
 * @module
 */

import { statSync } from "node:fs";
import { dirname, extname, resolve, sep } from "node:path";

/** Changes within this time are one, in ms: an editor writes a file in several steps. */
const SETTLE_MS = 100;
/** The endings of source files; a folder has none, and may come with all its files. */
const SOURCE: ReadonlySet<string> = new Set(
  ["", ".ts", ".mts", ".js", ".mjs", ".tsx", ".jsx", ".json", ".wasm"],
);

/** A watcher, and whether it watches a whole folder or waits for one to appear. */
interface Watching {
  readonly watcher: Deno.FsWatcher;
  readonly isWhole: boolean;
}

/** Watches files, and folders with the source files below them, until it is disposed of. */
export class FileWatch implements Disposable {
  readonly #paths: readonly string[];
  readonly #onChange: (path: string) => void;
  #watchings: readonly Watching[] = [];
  #isMoved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param paths Files and folders. A folder that does not exist is watched once it does.
   * @param onChange Called when a file was written, created or removed, with its path.
   */
  constructor(paths: readonly string[], onChange: (path: string) => void) {
    this.#paths = paths.map((path) => resolve(path));
    this.#onChange = onChange;
    this.#open();
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchings) watcher.close();
  }

  #open(): void {
    const before = this.#watchings;
    this.#watchings = this.#paths.map((path) => watch(path));
    for (const watching of this.#watchings) void this.#listen(watching);
    for (const { watcher } of before) watcher.close();
    // A folder may have been created before its parent was watched.
    const isMissed = this.#watchings.some(({ isWhole }, index) => {
      return !isWhole && isFolder(this.#paths[index] ?? "");
    });
    if (isMissed) this.#open();
  }

  async #listen({ watcher, isWhole }: Watching): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access" || kind === "other") continue;
      const moved = paths.find((path) => this.#leadsToWatched(path));
      const changed = moved ?? paths.find((path) => isWhole && SOURCE.has(extname(path)));
      if (changed === undefined) continue;
      this.#isMoved ||= moved !== undefined;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#settle(changed), SETTLE_MS);
    }
  }

  /** Reports whether a path is watched itself, or is a folder above a watched path. */
  #leadsToWatched(path: string): boolean {
    return this.#paths.some((watched) => `${watched}${sep}`.startsWith(`${path}${sep}`));
  }

  #settle(path: string): void {
    if (this.#isMoved) this.#open();
    this.#isMoved = false;
    this.#onChange(path);
  }
}

/** Watches a folder, or the nearest folder above a file or above a folder that does not exist. */
function watch(path: string, wanted: string = path): Watching {
  const isWhole = path === wanted;
  try {
    if (!isWhole || isFolder(path)) {
      return { watcher: Deno.watchFs(path, { recursive: isWhole }), isWhole };
    }
  } catch (error) {
    if (dirname(path) === path) throw error;
  }
  return watch(dirname(path), wanted);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
