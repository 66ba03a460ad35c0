/**
 * One thread with a worker in it, as the main thread sees it: born, talked to, ended.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { tryLock } from "../../system/file_lock.ts";
import { within } from "../../system/deadline.ts";
import { type FromThread, isFromThread, type ThreadData, type ToThread } from "./messages.ts";
import { Pulse } from "./pulse.ts";
import { isTaskThere, type TaskPath } from "./proc_task.ts";

/** Why a thread is dead. */
export interface ThreadDeath {
  readonly reason: "crashed" | "out of memory";
  readonly error: ErrorData;
}

/** Hears of a thread. None of these may throw. */
export interface ThreadListener {
  onMessage(message: FromThread): void;
  /** The thread has come to its end by itself; told once, and not when it was stopped. */
  onDeath(death: ThreadDeath): void;
}

/** What a thread is made of. */
export interface ThreadOptions {
  /** The program that runs in it. */
  readonly entry: URL;
  readonly data: Omit<ThreadData, "pulse" | "lifeFile">;
  /** The most its heap may hold, in MB. */
  readonly maxHeapMb: number;
  readonly listener: ThreadListener;
}

/** How long a stopped thread may hold its lock before it is called a zombie, in ms. */
const ZOMBIE_MS = 500;
const LOOK_MS = 20;
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** A thread that runs, or has run. */
export class WorkerThread {
  readonly pulse = new Pulse();
  readonly #worker: Worker;
  readonly #listener: ThreadListener;
  readonly #maxHeapMb: number;
  readonly #lifeFile: string;
  /** Locked by the thread for as long as it lives. */
  readonly #life: Deno.FsFile;
  /** What it is to the system, where its lock cannot be tried. */
  #task: TaskPath;
  #isBorn = false;
  #isOver = false;

  /**
   * Begins a thread.
   *
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  constructor({ entry, data, maxHeapMb, listener }: ThreadOptions) {
    this.#listener = listener;
    this.#maxHeapMb = maxHeapMb;
    this.#lifeFile = join(data.config.stateDir, `thread-${crypto.randomUUID()}.lock`);
    this.#life = makeFile(this.#lifeFile);
    const workerData: ThreadData = {
      ...data,
      pulse: this.pulse.buffer,
      lifeFile: this.#lifeFile,
    };
    this.#worker = new Worker(entry, {
      workerData,
      name: data.queue,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    this.#worker.on("message", (message: unknown) => this.#take(message));
    this.#worker.on("error", (error: unknown) => this.#die(error));
    this.#worker.on("exit", (code: number) => this.#onExit(code));
  }

  /** Sends a message; a dead thread gets none. */
  post(message: ToThread): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }

  /**
   * Ends it. Nothing is heard of it any more.
   *
   * @returns Whether it is gone: what runs in native code goes on, and so does whatever does not
   * wait where the runtime has no locks.
   */
  async stop(): Promise<boolean> {
    this.#isOver = true;
    await within(ZOMBIE_MS, this.#worker.terminate());
    return await this.#isGone();
  }

  async #isGone(): Promise<boolean> {
    using life = this.#life;
    if (!this.#isBorn) this.#forgetName();
    for (let waited = 0; waited < ZOMBIE_MS; waited += LOOK_MS) {
      if (this.#letsGo(life)) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return this.#letsGo(life);
  }

  #letsGo(life: Deno.FsFile): boolean {
    return tryLock(life, !isTaskThere(this.#task));
  }

  /** The file needs no name any more once both have it open. */
  #forgetName(): void {
    this.#isBorn = true;
    try {
      Deno.removeSync(this.#lifeFile);
    } catch {
      // Gone with its folder: nobody looks for it.
    }
  }

  /** What is not the thread's own program's is nobody's, as the messages of any worker are. */
  #take(message: unknown): void {
    if (this.#isOver || !isFromThread(message)) return;
    if (message === 0) return this.#listener.onMessage(message);
    if (message[0] === "heap full") return this.#die({ code: OUT_OF_MEMORY });
    if (message[0] === "born") {
      this.#task = message[2] || undefined;
      this.#forgetName();
    }
    this.#listener.onMessage(message);
  }

  #onExit(code: number): void {
    this.#die(new Error(`The worker's thread ended by itself, with exit code ${code}`));
  }

  #die(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const data = errorData(error);
    if (data.code !== OUT_OF_MEMORY) {
      return this.#listener.onDeath({
        reason: "crashed",
        error: { ...data, name: "ThreadEnded", stack: undefined },
      });
    }
    const message = `The worker's thread used more than its ${this.#maxHeapMb} MB of heap: see ` +
      `that it holds less at once, or give it more by maxHeapMb`;
    const full: ErrorData = { name: "OutOfMemory", message };
    this.#listener.onDeath({ reason: "out of memory", error: full });
  }
}

/** Files that are older are no longer needed for a birth, in ms. */
const OLD_MS = 3_600_000;

/**
 * Removes the files of threads whose process was killed while they were born.
 *
 * @param stateDir `STATE_DIR`; it need not be there.
 */
export function removeOldLifeFiles(stateDir: string): void {
  try {
    for (const { name } of Deno.readDirSync(stateDir)) {
      if (!/^thread-[-0-9a-f]{36}\.lock$/.test(name)) continue;
      const path = join(stateDir, name);
      const age = Date.now() - (Deno.statSync(path).mtime?.getTime() ?? Infinity);
      if (age > OLD_MS) Deno.removeSync(path);
    }
  } catch {
    // Not there, another's, or removed by another process: they only take up room.
  }
}

function makeFile(path: string): Deno.FsFile {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    return Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw new Error(
      `No file can be made in ${dirname(path)}: ${errorData(error).message}. Set STATE_DIR to a ` +
        `folder that this user may write`,
      { cause: error },
    );
  }
}
