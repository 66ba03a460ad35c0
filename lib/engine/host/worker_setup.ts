/**
 * The context of a worker, and what is opened with it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { Database } from "../../domain/database/database.ts";
import { OpenedOnce } from "../../system/opened_once.ts";
import { DeclaredLoops } from "./declared_loops.ts";
import { WorkerDeclarationError } from "./discovery.ts";
import { ownDatabase } from "./own_database.ts";
import type {
  InnerThread,
  InnerThreadOptions,
  LoopOptions,
  Worker,
  WorkerContext,
} from "../../worker.ts";

/** Starts the threads of a worker's own, and ends those that are left. */
export interface ThreadMaker {
  /** Starts one. @throws {InnerThreadEnded} When its module does not load. */
  start(module: URL, options?: InnerThreadOptions): Promise<InnerThread>;
  /** Ends all. */
  close(): Promise<void>;
}

/** What a module's own address is called; not as one text, which would look like a use of it. */
const OWN_URL = ["import", "meta", "url"].join(".");

/** The parts of a worker's context. */
export interface WorkerSetupOptions
  extends Pick<WorkerContext, "queue" | "workerNum" | "config" | "log" | "publish"> {
  /** Starts the worker's threads, and is closed at last. */
  readonly threads: ThreadMaker;
  /** The worker's file, where that is known: the modules of its threads may be relative to it. */
  readonly file?: string;
  /**
   * The result of `ctx.database()`, which stays open.
   * @default {the database of the configuration, opened when it is asked for}
   */
  readonly database?: Database | undefined;
}

/** Sets a worker up, and closes what it opened. */
export class WorkerSetup {
  /** The context that the worker gets. */
  readonly context: WorkerContext;
  readonly #worker: Worker;
  readonly #options: WorkerSetupOptions;
  readonly #loops: DeclaredLoops;
  /** One database for the worker. */
  readonly #database: OpenedOnce<Database>;
  #resource: AsyncDisposable | undefined;
  #isSettingUp = false;
  #isClosed = false;

  /** Opens nothing yet. */
  constructor(worker: Worker, options: WorkerSetupOptions) {
    const { database, threads, file, ...given } = options;
    this.#worker = worker;
    this.#options = options;
    this.#database = new OpenedOnce(() => openDatabase(given.config.databaseUrl));
    this.#loops = new DeclaredLoops(worker.queue);
    this.context = {
      ...given,
      owner: crypto.randomUUID(),
      loop: (loop) => this.#loops.add(loop, this.#isSettingUp),
      thread: async (module, more) => await threads.start(moduleUrl(module, file), more),
      database: async () => {
        return await ownDatabase(worker, given.config, database ?? await this.#database.get());
      },
    };
  }

  /** The loops that its `setup` declared. */
  get loops(): readonly LoopOptions[] {
    return this.#loops.all;
  }

  /**
   * Opens what the worker needs.
   *
   * @throws {Error} The error of its `setup`.
   * @throws {WorkerDeclarationError} When `setup` returns what cannot be disposed of.
   */
  async setup(): Promise<void> {
    this.#isSettingUp = true;
    try {
      const resource: unknown = await this.#worker.setup?.(this.context);
      this.#resource = disposable(this.#worker.queue, resource);
    } finally {
      this.#isSettingUp = false;
    }
    // It was closed meanwhile, and the close did not wait.
    if (this.#isClosed) await this.#dispose();
  }

  /** Closes what was opened, each thing once; a setup that goes on closes its own when it ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isSettingUp) await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const resource = this.#resource;
    this.#resource = undefined;
    await using opened = new AsyncDisposableStack();
    opened.defer(() => this.#options.threads.close());
    opened.use(this.#database);
    if (resource) opened.use(resource);
  }
}

/** What a `setup` returned, as it is disposed of. */
function disposable(queue: string, value: unknown): AsyncDisposable | undefined {
  if (value === undefined || value === null) return undefined;
  const resource = Object(value) as Partial<AsyncDisposable & Disposable>;
  if (typeof resource[Symbol.asyncDispose] === "function") return resource as AsyncDisposable;
  if (typeof resource[Symbol.dispose] === "function") {
    const stack = new AsyncDisposableStack();
    stack.use(resource as Disposable);
    return stack;
  }
  throw new WorkerDeclarationError(
    `The setup of ${queue} returns a value that cannot be disposed of: return an object with ` +
      "[Symbol.asyncDispose] or [Symbol.dispose], or nothing",
  );
}

/** @throws {TypeError} When a text is no URL, and it is not known what it is relative to. */
function moduleUrl(module: string | URL, file: string | undefined): URL {
  if (file === undefined && !URL.canParse(module)) {
    throw new TypeError(
      `ctx.thread cannot find ${module}: in a test the worker's file is not known, so pass ` +
        `new URL(${JSON.stringify(module)}, ${OWN_URL})`,
    );
  }
  return new URL(module, file === undefined ? undefined : pathToFileURL(file));
}

/** Loaded only where a worker asks for a database. */
async function openDatabase(url: string): Promise<Database> {
  const database = await import("../../domain/database/database.ts");
  return await database.openDatabase(url);
}
