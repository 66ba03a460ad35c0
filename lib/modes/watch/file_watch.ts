/**
 * Tells when source files change.
 *
 * @module
 */

import { statSync } from "node:fs";
import { basename, dirname, extname, resolve, sep } from "node:path";

/** Changes within this time are one, in ms: an editor writes a file in several steps. */
const SETTLE_MS = 100;
/** The endings of source files; a folder has none, and may come with all its files. */
const SOURCE: ReadonlySet<string> = new Set(
  ["", ".ts", ".mts", ".js", ".mjs", ".tsx", ".jsx", ".json", ".wasm"],
);

/** Names of files that editors make for a moment; 4913 is one of Vim's. */
const TEMPORARY = /^[.#]|^\d+$|~$/;

/** Gets what a {@linkcode FileWatch} sees. */
export interface FileWatchListener {
  /** A file was written, created or removed. */
  onChange(path: string): void;
  /**
   * The system does not watch a folder: changes in it are not seen. Called once for each folder.
   *
   * @param isPartial Whether only folders that were created below it are not watched.
   */
  onRefused(folder: string, error: unknown, isPartial: boolean): void;
}

/** The watch of one path. */
interface Watching {
  /** The watched folder: the path itself, or the nearest folder above it that exists. */
  readonly folder: string;
  /** Whether the path itself is watched, with all folders below it. */
  readonly isWhole: boolean;
  /** Undefined if the system refused it. */
  readonly watcher: Deno.FsWatcher | undefined;
  /** Why the system refused it. */
  readonly error?: unknown;
}

/** Watches files, and folders with the source files below them, until it is disposed of. */
export class FileWatch implements Disposable {
  readonly #paths: readonly string[];
  readonly #listener: FileWatchListener;
  readonly #watchFs: typeof Deno.watchFs;
  /** The folders that were reported as refused. */
  readonly #refused = new Set<string>();
  #watchings: readonly Watching[] = [];
  #isMoved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param paths Files and folders. A folder that does not exist is watched once it does.
   * @param watchFs Opens a watcher. @default {Deno.watchFs}
   */
  constructor(
    paths: readonly string[],
    listener: FileWatchListener,
    watchFs: typeof Deno.watchFs = Deno.watchFs,
  ) {
    this.#paths = paths.map((path) => resolve(path));
    this.#listener = listener;
    this.#watchFs = watchFs;
    this.#open();
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchings) watcher?.close();
  }

  #open(): void {
    const before = this.#watchings;
    this.#watchings = this.#paths.map((path) => this.#watch(path));
    for (const watching of this.#watchings) {
      if (watching.watcher) void this.#listen(watching, watching.watcher);
      else this.#refuse(watching.folder, watching.error, false);
    }
    for (const { watcher } of before) watcher?.close();
  }

  #watch(path: string): Watching {
    const first = this.#watchFolder(path, nearestFolder(path));
    const nearest = nearestFolder(path);
    if (nearest === first.folder) return first;
    // A folder was created or removed before its watch began. Once is enough: the next change is seen.
    first.watcher?.close();
    return this.#watchFolder(path, nearest);
  }

  #watchFolder(path: string, folder: string): Watching {
    const isWhole = folder === path;
    try {
      return { folder, isWhole, watcher: this.#watchFs(folder, { recursive: isWhole }) };
    } catch (error) {
      return { folder, isWhole, watcher: undefined, error };
    }
  }

  async #listen({ folder, isWhole }: Watching, watcher: Deno.FsWatcher): Promise<void> {
    for (let isOpen = true; isOpen;) {
      try {
        for await (const event of watcher) this.#take(event, isWhole);
        isOpen = false;
      } catch (error) {
        // A new folder below it cannot be watched; the watcher goes on with all others.
        this.#refuse(folder, error, true);
      }
    }
  }

  #take({ kind, paths }: Deno.FsEvent, isWhole: boolean): void {
    if (kind === "access" || kind === "other") return;
    const moved = paths.find((path) => this.#leadsToWatched(path));
    const changed = moved ?? paths.find((path) => isWhole && isSource(path));
    if (changed === undefined) return;
    this.#isMoved ||= moved !== undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(changed), SETTLE_MS);
  }

  /** Reports whether a path is watched itself, or is a folder above a watched path. */
  #leadsToWatched(path: string): boolean {
    return this.#paths.some((watched) => `${watched}${sep}`.startsWith(`${path}${sep}`));
  }

  #settle(path: string): void {
    if (this.#isMoved) this.#open();
    this.#isMoved = false;
    this.#listener.onChange(path);
  }

  #refuse(folder: string, error: unknown, isPartial: boolean): void {
    if (this.#refused.has(folder)) return;
    this.#refused.add(folder);
    this.#listener.onRefused(folder, error, isPartial);
  }
}

function isSource(path: string): boolean {
  return SOURCE.has(extname(path)) && !TEMPORARY.test(basename(path));
}

/** The path itself if it is a folder, otherwise the nearest folder above it that exists. */
function nearestFolder(path: string): string {
  return isFolder(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Also false if a folder above it may not be searched. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
