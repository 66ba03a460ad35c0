/**
 * Tells when files of folders change, for development.
 *
 * @module
 */

import { dirname, extname, resolve, sep } from "node:path";

/** Several changes within so many ms are one: an editor writes a file in several steps. */
const SETTLE_MS = 100;
/** What code is in; a folder may come with all that is in it, and has no such ending. */
const CODE: ReadonlySet<string> = new Set(
  ["", ".ts", ".mts", ".js", ".mjs", ".tsx", ".jsx", ".json", ".wasm"],
);

/**
 * Watches folders, with the code that is in them, until it is disposed of. One that is not there
 * is watched as soon as it is.
 */
export class FolderWatch implements Disposable {
  readonly #folders: readonly string[];
  readonly #onChange: () => void;
  #watchers: readonly Deno.FsWatcher[] = [];
  #isMoved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param folders Those to watch.
   * @param onChange Called when a file was written, made or removed, or a whole folder.
   */
  constructor(folders: readonly string[], onChange: () => void) {
    this.#folders = folders.map((folder) => resolve(folder));
    this.#onChange = onChange;
    this.#open();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #open(): void {
    const before = this.#watchers;
    this.#watchers = this.#folders.map((folder) => nearest(folder));
    for (const watcher of this.#watchers) void this.#listen(watcher);
    for (const watcher of before) watcher.close();
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access" || kind === "other") continue;
      const isMoved = paths.some((path) => this.#leadsToFolder(path));
      this.#isMoved ||= isMoved;
      if (!isMoved && !paths.some((path) => CODE.has(extname(path)))) continue;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#settled(), SETTLE_MS);
    }
  }

  #leadsToFolder(path: string): boolean {
    return this.#folders.some((folder) => `${folder}${sep}`.startsWith(`${path}${sep}`));
  }

  #settled(): void {
    if (this.#isMoved) this.#open();
    this.#isMoved = false;
    this.#onChange();
  }
}

/** Watches a folder with all that is in it, or else the folder that it would be in. */
function nearest(folder: string, wanted: string = folder): Deno.FsWatcher {
  try {
    return Deno.watchFs(folder, { recursive: folder === wanted });
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder) throw error;
    return nearest(parent, wanted);
  }
}
