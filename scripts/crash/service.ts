/**
 * A process of the program that is restarted whenever it ends, as systemd does.
 *
 * @module
 */

import { tail } from "../private_server.ts";

/** How a process is run. */
export interface ServiceOptions {
  readonly name: string;
  /** The arguments of deno. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The working folder, which also holds the log. */
  readonly folder: string;
}

/** How long a process may take to end after a signal, in ms. */
const END_MS = 20_000;
const LOG_LINES = 5;

/** Keeps a process running. */
export class Service {
  readonly name: string;
  /** Descriptions of what went wrong. */
  readonly problems: string[] = [];
  readonly #options: ServiceOptions;
  #child: Deno.ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();
  #isWanted = false;
  #sent: Deno.Signal | undefined;
  #next = Promise.withResolvers<number>();

  /** @param options How to run it. */
  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Process id of the process; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
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

  /** Ends the process by SIGTERM and does not restart it. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#end("SIGTERM", this.#running);
  }

  /** Kills the process and does not restart it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    await this.#end("SIGKILL", this.#running);
  }

  async #keepRunning(): Promise<void> {
    while (this.#isWanted) {
      const child = this.#child = this.#spawn();
      this.#next.resolve(child.pid);
      this.#check(await child.status);
      this.#child = this.#sent = undefined;
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
    const timer = setTimeout(() => this.#onTimeout(signal), END_MS);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #onTimeout(signal: Deno.Signal): void {
    this.#addProblem(`did not end within ${END_MS / 1000} s of ${signal}`);
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    if (!this.#child) return;
    this.#sent = signal;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has just ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #check(status: Deno.CommandStatus): void {
    if (!isExpected(status, this.#sent)) {
      this.#addProblem(`ended with ${status.signal ?? `exit code ${status.code}`}`);
    }
  }

  #addProblem(what: string): void {
    this.problems.push(`${this.name} ${what}; its log ends:\n${tail(this.#log, LOG_LINES)}`);
  }
}

/** A process may end with exit code 3 at any time, and otherwise only because of a signal. */
function isExpected({ code, signal }: Deno.CommandStatus, sent: Deno.Signal | undefined): boolean {
  if (signal !== null) return signal === sent;
  return code === 3 || (code === 0 && sent === "SIGTERM");
}
