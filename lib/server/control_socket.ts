/**
 * The control socket of a process: HTTP on a Unix socket in `STATE_DIR`. Whoever may open it may do
 * everything, and the modes of the folder and of the socket let only its owner.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../system/file_lock.ts";
import { closeServer } from "./close_server.ts";
import {
  ControlFolderError,
  MOST_PATH_BYTES,
  prepareFolder,
  removeStale,
} from "./control_folder.ts";
import { errorResponse, HttpError } from "./http_error.ts";
import type { Caller, Router } from "./router.ts";

/** Whoever may open the socket. */
const OWNER: Caller = { right: "changes", isKnown: true, by: "the control socket", door: "socket" };

const MISDIRECTED = new HttpError("misdirected", "Send the header Host: localhost");

/** A request that a page of a browser has made somebody pass on has another name. */
function isForUs(request: Request): boolean {
  return /^localhost(?::\d+)?$/.test(request.headers.get("Host") ?? "");
}

/** A control socket that is open. */
export class ControlSocket implements AsyncDisposable {
  /** Its path. */
  readonly path: string;
  readonly #lock: Deno.FsFile;
  readonly #lockPath: string;
  readonly #server: Deno.HttpServer;

  private constructor(base: string, lock: Deno.FsFile, router: Router) {
    this.path = `${base}.sock`;
    this.#lockPath = `${base}.lock`;
    this.#lock = lock;
    try {
      this.#server = Deno.serve(
        { path: this.path, onListen: () => {} },
        (request) => isForUs(request) ? router.handle(request, OWNER) : errorResponse(MISDIRECTED),
      );
      chmodSync(this.path, 0o600);
    } catch (error) {
      this.#removeFiles();
      throw error;
    }
  }

  /**
   * Opens a socket in `STATE_DIR/control`, and removes those that ended processes have left there.
   *
   * @throws {ControlFolderError} Where the folder is not ours, or the path too long.
   * @throws {Error} Where the folder cannot be written.
   */
  static open(stateDir: string, router: Router): ControlSocket {
    const folder = prepareFolder(stateDir);
    removeStale(folder);
    const [base, lock] = lockedBase(folder);
    const bytes = Buffer.byteLength(`${base}.sock`);
    if (bytes > MOST_PATH_BYTES) {
      rmSync(`${base}.lock`);
      lock.close();
      throw new ControlFolderError(
        `its path has ${bytes} bytes and may have ${MOST_PATH_BYTES}: set STATE_DIR to a shorter one`,
      );
    }
    return new ControlSocket(base, lock, router);
  }

  /** Answers what was asked, for at most a second, and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server);
    this.#removeFiles();
  }

  #removeFiles(): void {
    rmSync(this.path, { force: true });
    rmSync(this.#lockPath, { force: true });
    this.#lock.close();
  }
}

/**
 * A name for the socket, whose lock is held: without it others would take the socket for a stale one.
 */
function lockedBase(folder: string): readonly [base: string, lock: Deno.FsFile] {
  for (;;) {
    // Two containers that share the folder may both have pid 1.
    const base = join(folder, `${Deno.pid}-${crypto.randomUUID().slice(0, 4)}`);
    const lock = Deno.openSync(`${base}.lock`, { write: true, createNew: true, mode: 0o600 });
    // Another process may have found it free and removed it before it was locked.
    if (tryLock(lock, true) && existsSync(`${base}.lock`)) return [base, lock];
    lock.close();
  }
}
