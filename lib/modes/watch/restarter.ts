/**
 * A child process that is restarted on demand.
 *
 * @module
 */

import { logLine } from "../../log/log.ts";
import { IGNORED_BY_PARENT, ignoredSignals } from "../../system/ignored_signals.ts";
import { EXIT } from "../../system/signals.ts";
import { onUncaught } from "../../system/uncaught.ts";
import { HURRY_MS, PARENT_PID } from "./parent.ts";

/** How long a child may take to end before it is killed, in ms. */
const KILL_MS = 10_000;

/** The signals that end this process, once the child has ended by the same one. */
const ENDING: readonly Deno.Signal[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];
/** The signals that the child gets as they come. */
const PASSED: readonly Deno.Signal[] = ["SIGTSTP", "SIGCONT", "SIGUSR2"];

/** Runs a command until it succeeds or a signal ends it, and restarts it on demand. */
export class Restarter implements AsyncDisposable {
  readonly #command: Deno.Command;
  readonly #killMs: number;
  readonly #disposal = new AbortController();
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  #child: Deno.ChildProcess | undefined;
  #wake = Promise.withResolvers<void>();
  #isRestartWanted = false;
  #isEnding = false;
  #failure: { readonly error: unknown } | undefined;
  #timers: readonly ReturnType<typeof setTimeout>[] = [];

  /**
   * Listens to signals and to uncaught errors of this process.
   *
   * @param executable The path of the command.
   * @param args Its arguments.
   * @param killMs How long the child may take to end before it is killed, in ms. @default {10000}
   */
  constructor(executable: string, args: readonly string[], killMs: number = KILL_MS) {
    this.#killMs = killMs;
    const ignored = ignoredSignals();
    this.#command = new Deno.Command(executable, {
      args: [...args],
      env: { [PARENT_PID]: String(Deno.pid), [IGNORED_BY_PARENT]: [...ignored].join() },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    this.#listeners = [
      ...ENDING.filter((signal) => !ignored.has(signal))
        .map((signal) => [signal, () => this.#end(signal)] as const),
      ["SIGUSR1", () => this.restart()],
      ...PASSED.map((signal) => [signal, () => this.#signal(signal)] as const),
    ];
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
    onUncaught((error) => this.#fail(error), this.#disposal.signal);
  }

  /** Ends the child if it still runs, and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isEnding) this.#end("SIGTERM");
    await this.#child?.status;
    this.#timers.forEach(clearTimeout);
    this.#disposal.abort();
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  /**
   * Starts the child, again and again.
   *
   * @returns The exit code of the last one; 0 if a signal ended this process and the child with it.
   * @throws {unknown} An uncaught error of this process, once the child has ended.
   */
  async run(): Promise<number> {
    const code = await this.#runUntilEnd();
    if (this.#failure) throw this.#failure.error;
    return code;
  }

  /** Ends the child with SIGTERM, and starts another one. */
  restart(): void {
    if (!this.#isRestartWanted && !this.#isEnding) this.#stop("SIGTERM", "SIGINT");
    this.#isRestartWanted = true;
    this.#wake.resolve();
  }

  async #runUntilEnd(): Promise<number> {
    let code: number = EXIT.stopped;
    while (!this.#isEnding) {
      this.#isRestartWanted = false;
      code = await this.#runOnce();
      if (this.#isEnding || this.#isRestartWanted) continue;
      if (code === EXIT.stopped) return code;
      const message = "The program ended with {code}: it restarts when a file changes";
      logLine("warning", message, { code }, {});
      await this.#woken();
    }
    return code;
  }

  /** Without this, the process would end at once and leave the child. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    if (!this.#isEnding) this.#end("SIGTERM");
  }

  #end(signal: Deno.Signal): void {
    this.#isEnding = true;
    this.#stop(signal, signal === "SIGTERM" ? "SIGINT" : "SIGTERM");
    this.#wake.resolve();
  }

  async #runOnce(): Promise<number> {
    this.#child = this.#command.spawn();
    const { code, signal } = await this.#child.status;
    this.#child = undefined;
    this.#timers.forEach(clearTimeout);
    // A child that does not listen to signals yet ends by the signal itself. That is a stop, too.
    return this.#isEnding && signal !== null ? EXIT.stopped : code;
  }

  async #woken(): Promise<void> {
    this.#wake = Promise.withResolvers<void>();
    if (!this.#isRestartWanted && !this.#isEnding) await this.#wake.promise;
  }

  /** @param second Another signal, as the program ignores the same one shortly after the first. */
  #stop(first: Deno.Signal, second: Deno.Signal): void {
    if (!this.#child) return;
    this.#signal(first);
    this.#timers.forEach(clearTimeout);
    this.#timers = [
      setTimeout(() => this.#signal(second), HURRY_MS),
      setTimeout(() => this.#signal("SIGKILL"), this.#killMs),
    ];
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch (error) {
      // It has just ended.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}
