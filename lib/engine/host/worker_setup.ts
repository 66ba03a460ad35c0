/**
 * The context of a worker, and what is opened with it.
 *
 * @module
 */

import type { Database } from "../../domain/database/database.ts";
import type { Worker, WorkerContext } from "../../worker.ts";

/** What the context of a worker is made of. */
export interface WorkerSetupOptions
  extends Pick<WorkerContext, "queue" | "workerNum" | "config" | "log" | "publish"> {
  /**
   * What `ctx.database()` gives, open and left open.
   * @default {the database of the configuration, opened when it is asked for}
   */
  readonly database?: Database | undefined;
}

/** Sets a worker up, and closes what it opened. */
export class WorkerSetup {
  /** What the worker is given. */
  readonly context: WorkerContext;
  readonly #worker: Worker;
  readonly #options: WorkerSetupOptions;
  #database: Promise<Database> | undefined;
  #resource: AsyncDisposable | undefined;
  #isSettingUp = false;
  #isClosed = false;

  /** Opens nothing yet. */
  constructor(worker: Worker, options: WorkerSetupOptions) {
    const { database, ...given } = options;
    this.#worker = worker;
    this.#options = options;
    this.context = {
      ...given,
      database: async () => database ?? await this.#openDatabase(),
    };
  }

  /**
   * Opens what the worker needs.
   *
   * @throws What its `setup` throws.
   */
  async setup(): Promise<void> {
    this.#isSettingUp = true;
    try {
      this.#resource = await this.#worker.setup?.(this.context) ?? undefined;
    } finally {
      this.#isSettingUp = false;
    }
    // It was closed meanwhile, and that did not wait.
    if (this.#isClosed) await this.#dispose();
  }

  /** Closes what was opened, each thing once; a setup that goes on closes its own when it ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isSettingUp) await this.#dispose();
  }

  async #dispose(): Promise<void> {
    const resource = this.#resource;
    const database = this.#database;
    this.#resource = undefined;
    this.#database = undefined;
    await resource?.[Symbol.asyncDispose]();
    await (await database?.catch(() => undefined))?.destroy();
  }

  /** One database for the worker; a failed attempt is not kept. */
  #openDatabase(): Promise<Database> {
    this.#database ??= openDatabase(this.#options.config.databaseUrl).catch((error) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}

/** Loaded only where a worker asks for a database. */
async function openDatabase(url: string): Promise<Database> {
  const database = await import("../../domain/database/database.ts");
  return await database.openDatabase(url);
}
