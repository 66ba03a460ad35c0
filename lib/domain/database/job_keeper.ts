/**
 * The signs of life of a job that is being done, and its progress.
 *
 * @module
 */

import { toJson } from "../../json/to_json.ts";
import { keepJob, TAKEN_OVER_MS } from "./jobs.ts";
import type { Database } from "./tables.ts";

/** How often a job gives a sign of life, in ms. */
const EVERY_MS = 10_000;
/** How long a job goes on without one, in ms: others take it later than that. */
const ALONE_MS = TAKEN_OVER_MS - EVERY_MS;

/** The parts of a {@linkcode JobKeeper}. */
export interface JobKeeperOptions {
  readonly key: string;
  readonly owner: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** Called when the job belongs to another by now, or soon may; perhaps several times. */
  readonly onLost: () => void;
  /** How often to give a sign of life, in ms. @default {10000} */
  readonly everyMs?: number;
}

/** Keeps one job from others until it is disposed of. */
export class JobKeeper implements AsyncDisposable {
  readonly #db: Database;
  readonly #options: JobKeeperOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #keptAt: number;
  /** The last progress, as JSON. */
  #progress: string | undefined;
  #isStored = true;
  #writing: Promise<void> | undefined;

  /** Begins; the job was taken just now. */
  constructor(db: Database, options: JobKeeperOptions) {
    this.#db = db;
    this.#options = options;
    this.#keptAt = options.now();
    this.#timer = setInterval(() => this.#write(), options.everyMs ?? EVERY_MS);
  }

  /** Stores how far the job is. @throws {TypeError} When JSON would change the value. */
  progress(value: unknown): void {
    this.#progress = toJson(value);
    this.#isStored = false;
    this.#write();
  }

  /** Stores the last progress, and gives no more signs of life. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (!this.#isStored) await this.#keep();
  }

  #write(): void {
    this.#writing ??= this.#keep().then((isKept) => {
      this.#writing = undefined;
      if (isKept && !this.#isStored) this.#write();
    });
  }

  /** Never throws. @returns Whether the database has it. */
  async #keep(): Promise<boolean> {
    const { key, owner, now, onLost } = this.#options;
    const [progress, keptAt] = [this.#progress, now()];
    try {
      if (!await keepJob(this.#db, key, { owner, now: keptAt }, progress)) onLost();
      this.#keptAt = keptAt;
      this.#isStored = progress === this.#progress;
      return true;
    } catch {
      // The next sign of life stores the progress too.
      if (now() - this.#keptAt >= ALONE_MS) onLost();
      return false;
    }
  }
}
