/**
 * A process of the program that is started again whenever it ends, as systemd would.
 *
 * @module
 */

import { tail } from "../private_server.ts";

/** What is run. */
export interface ServiceOptions {
  readonly name: string;
  /** The arguments of deno. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The working folder; the log is written there. */
  readonly folder: string;
}

/** A process that was told to end has to do so in this time. */
const END_MS = 20_000;
const LOG_LINES = 5;

/** Keeps a process running. */
export class Service {
  readonly name: string;
  /** What should not have happened. */
  readonly problems: string[] = [];
  readonly #options: ServiceOptions;
  #child: Deno.ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();
  #isWanted = false;
  #asked: Deno.Signal | undefined;
  #next = Promise.withResolvers<number>();

  /** @param options What to run. */
  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Starts the process. */
  start(): void {
    this.#isWanted = true;
    this.#running = this.#keepRunning();
  }

  /** Ends the process by a signal. @returns The process id of the next one. */
  async interrupt(signal: Deno.Signal): Promise<number> {
    const next = this.#next = Promise.withResolvers<number>();
    return await this.#end(signal, next.promise);
  }

  /** Ends the process in order and starts no other. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#end("SIGTERM", this.#running);
  }

  /** Ends the process at once and starts no other. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    await this.#end("SIGKILL", this.#running);
  }

  async #keepRunning(): Promise<void> {
    while (this.#isWanted) {
      const child = this.#child = this.#spawn();
      this.#next.resolve(child.pid);
      this.#judge(await child.status);
      this.#child = this.#asked = undefined;
    }
  }

  #spawn(): Deno.ChildProcess {
    const { args, env, folder } = this.#options;
    const script = 'exec "$@" >>"$0" 2>&1';
    return new Deno.Command("/bin/sh", {
      args: ["-c", script, this.#log, Deno.execPath(), ...args],
      cwd: folder,
      clearEnv: true,
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  get #log(): string {
    return `${this.#options.folder}/${this.name}.log`;
  }

  async #end<Result>(signal: Deno.Signal, ended: Promise<Result>): Promise<Result> {
    this.#signal(signal);
    const timer = setTimeout(() => this.#onTooLate(signal), END_MS);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #onTooLate(signal: Deno.Signal): void {
    this.#complain(`did not end within ${END_MS / 1000} s of ${signal}`);
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    if (!this.#child) return;
    this.#asked = signal;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has just ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #judge(status: Deno.CommandStatus): void {
    if (!isExpected(status, this.#asked)) {
      this.#complain(`ended with ${status.signal ?? `exit code ${status.code}`}`);
    }
  }

  #complain(what: string): void {
    this.problems.push(`${this.name} ${what}; its log ends:\n${tail(this.#log, LOG_LINES)}`);
  }
}

/** It may end with 3 at any time, and otherwise only as it was told. */
function isExpected({ code, signal }: Deno.CommandStatus, asked: Deno.Signal | undefined): boolean {
  if (signal !== null) return signal === asked;
  return code === 3 || (code === 0 && asked === "SIGTERM");
}
