/**
 * What the private servers of this folder share: a folder and a port of their
 * own, a child process that leaves nothing behind, and waiting for readiness.
 *
 * @module
 */

/** How often a condition is looked at while waiting for it, in milliseconds. */
const pollMs = 50;

/** How a program is run. */
export interface ProgramOptions {
  /** The whole environment of the program: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Working folder. Default: the caller's. */
  readonly cwd?: string;
  /** Numeric user and group to run as. Default: the caller's. */
  readonly user?: Readonly<{ uid: number; gid: number }>;
}

/**
 * Runs a program to its end and answers what it printed on standard output.
 *
 * @throws {Error} with the program's standard error when it exits with a code
 * other than 0.
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
 * A long-running child process. Its output goes straight to a file, so no
 * stream has to be read; it stays in the caller's process group, so a signal
 * to the group ends it too.
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

  /** The process id of the program itself. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The end of what the program printed, at most 40 lines. */
  output(): string {
    return tail(this.#log);
  }

  /** Throws when the program has ended. */
  assertRunning(): void {
    if (this.#status === undefined) return;
    const { code, signal } = this.#status;
    throw new Error(`it ended with ${signal ?? `exit code ${code}`}`);
  }

  /**
   * Sends `signal` and waits for the program to end; after `deadlineMs`
   * milliseconds (default 30000) it is ended by SIGKILL.
   */
  async end(signal: Deno.Signal, deadlineMs = 30_000): Promise<void> {
    this.#signal(signal);
    const timer = setTimeout(() => this.#signal("SIGKILL"), deadlineMs);
    try {
      this.#status = await this.#child.status;
    } finally {
      clearTimeout(timer);
    }
  }

  #signal(signal: Deno.Signal): void {
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
 * Waits until `ready` answers true, asking again every 50 milliseconds.
 *
 * @throws {Error} what `ready` throws, or that `deadlineMs` milliseconds have
 * passed.
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
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Whether something accepts TCP connections on `port` of 127.0.0.1. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * A TCP port of 127.0.0.1 nobody listens on, from 20000 to 32767: below the
 * range Linux takes the ports of outgoing connections from, so that no client
 * can take it while its server is down for a restart.
 *
 * @throws {Error} when 100 ports tried were all in use.
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

/** The last `lines` lines (default 40) of a file; empty where it is absent. */
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

/** Removes a folder and what is in it; one that is absent is no error. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The words of what was thrown. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Waits for SIGINT, SIGTERM or SIGHUP. They are caught from the call on, so
 * call it before what it protects is started. Disposing it gives the signals
 * their usual meaning back.
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
