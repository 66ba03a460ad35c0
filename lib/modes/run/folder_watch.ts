/**
 * Tells when files of folders change, for development.
 *
 * @module
 */

/** Several changes within so many ms are one: an editor writes a file in several steps. */
const SETTLE_MS = 100;

/** Watches folders, with all that is in them, until it is disposed of. */
export class FolderWatch implements Disposable {
  readonly #watcher: Deno.FsWatcher;
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param folders Those that are there are watched.
   * @param onChange Called when a file was written, made or removed.
   */
  constructor(folders: readonly string[], onChange: () => void) {
    this.#onChange = onChange;
    this.#watcher = Deno.watchFs(folders.filter(isThere));
    void this.#listen();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
  }

  async #listen(): Promise<void> {
    for await (const { kind } of this.#watcher) {
      if (kind === "access" || kind === "other") continue;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#onChange, SETTLE_MS);
    }
  }
}

function isThere(folder: string): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}
