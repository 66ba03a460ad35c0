/**
 * Parts of the private servers in this folder: free ports, temporary folders, child processes that
 * leave nothing behind, and waiting until a server is ready.
 *
 * @module
 */

/** Time between two checks of a condition, in ms. */
const POLL_MS = 50;

/** How a program is run. */
export interface ProgramOptions {
  /** The whole environment of the program, which inherits nothing. */
  readonly env: Readonly<Record<string, string>>;
  /** Working folder. Default: the caller's. */
  readonly cwd?: string;
  /** Numeric user and group to run as. Default: the caller's. */
  readonly user?: Readonly<{ uid: number; gid: number }>;
}

/**
 * Runs a program until it ends and returns what it printed on standard output.
 *
 * @throws {Error} With the program's standard error when its exit code is not 0.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const output = await new Deno.Command(program, {
    args: [...args],
    ...spawnOptions(options),
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  const printed = text.decode(output.stdout);
  if (output.success) return printed;
  throw new Error(
    `${program} ${args.join(" ")} failed with exit code ${output.code}: ` +
      (text.decode(output.stderr).trim() || printed.trim()),
  );
}

function spawnOptions({ env, cwd, user }: ProgramOptions) {
  return {
    env: { ...env },
    clearEnv: true,
    stdin: "null" as const,
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : user),
  };
}

/**
 * A long-running child process. Its output goes to a file, so nobody has to read a stream. It stays
 * in the caller's process group, so a signal to the group ends it too.
 */
export class Daemon {
  readonly #child: Deno.ChildProcess;
  readonly #log: string;
  #status: Deno.CommandStatus | undefined;

  private constructor(child: Deno.ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    child.status.then((status) => this.#status = status);
  }

  /** Starts `program`, appending its output to the file `log`. */
  static spawn(
    program: string,
    args: readonly string[],
    log: string,
    options: ProgramOptions,
  ): Daemon {
    const script = 'exec "$@" >>"$0" 2>&1';
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", script, log, program, ...args],
      ...spawnOptions(options),
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Daemon(child, log);
  }

  /** Process id of the program itself. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The last lines that the program printed, at most 40. */
  output(): string {
    return tail(this.#log);
  }

  /** @throws {Error} When the program has ended. */
  assertRunning(): void {
    if (this.#status === undefined) return;
    const { code, signal } = this.#status;
    throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
  }

  /**
   * Sends `signal` and waits until the program ends. Kills it after `deadlineMs` ms (default
   * 30000).
   */
  async end(signal: Deno.Signal, deadlineMs = 30_000): Promise<void> {
    this.signal(signal);
    const timer = setTimeout(() => this.signal("SIGKILL"), deadlineMs);
    try {
      this.#status = await this.#child.status;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a signal, unless the program has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#status !== undefined) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (
        !(error instanceof TypeError || error instanceof Deno.errors.NotFound)
      ) throw error;
    }
  }
}

/**
 * Waits until `ready` returns true; calls it every 50 ms.
 *
 * @throws {Error} What `ready` throws, or an error after `deadlineMs` ms.
 */
export async function waitUntil(
  ready: () => boolean | Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!await ready()) {
    if (performance.now() > end) {
      throw new Error(`it was not ready within ${deadlineMs / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Reports whether something accepts TCP connections on `port` of 127.0.0.1. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * A TCP port of 127.0.0.1 that nobody listens on, from 20000 to 32767. Linux takes the ports of
 * outgoing connections from higher numbers, so no client can take this one while its server
 * restarts.
 *
 * @throws {Error} When 100 random ports are all in use.
 */
export function freePort(): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_768);
    if (isFree(port)) return port;
  }
  throw new Error(
    "no free TCP port found on 127.0.0.1 from 20000 to 32767: end programs that listen there",
  );
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** The last `lines` lines (default 40) of a file; empty when there is no file. */
export function tail(file: string, lines = 40): string {
  try {
    return Deno.readTextFileSync(file).trimEnd().split("\n").slice(-lines).join(
      "\n",
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Removes a folder and its contents, if there is such a folder. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The message of whatever was thrown. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Catches SIGINT, SIGTERM and SIGHUP, so that the caller can clean up. Call it before you start
 * what has to be cleaned up. Disposing it restores the signals' usual effect.
 */
export function signalled(): Disposable & {
  readonly received: Promise<Deno.Signal>;
} {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => [signal, () => resolve(signal)] as const);
  for (const [signal, listener] of listeners) {
    Deno.addSignalListener(signal, listener);
  }
  return {
    received: promise,
    [Symbol.dispose]() {
      for (const [signal, listener] of listeners) {
        Deno.removeSignalListener(signal, listener);
      }
    },
  };
}
