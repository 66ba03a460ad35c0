/**
 * One run of `deno test`, or of `deno check`, in a process group of its own, so that nothing a test
 * started outlives it.
 *
 * @module
 */

import type { Ending } from "./counts.ts";

const GRACE_MS = 5_000;
/** How long a run may take, in ms. Then a test hangs, and Deno names it when it is interrupted. */
const STUCK_MS = 10 * 60_000;

/** How Deno is run. */
export interface RunOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the run, when it resolves, by the same signal. */
  readonly interrupted: Promise<Deno.Signal>;
  /** Called with what is written to standard output. */
  readonly onOutput: (bytes: Uint8Array) => void;
  /** Called with what is written to standard error. */
  readonly onError: (bytes: Uint8Array) => void;
}

/** Runs Deno. @returns How it ended; the signal that ended it, where one did. */
export async function runDeno(
  args: readonly string[],
  { env, interrupted, onOutput, onError }: RunOptions,
): Promise<Ending & { readonly interruptedBy?: Deno.Signal }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { ...env },
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = Promise.all([passOn(child.stdout, onOutput), passOn(child.stderr, onError)]);
  const stuck = setTimeout(() => child.kill("SIGINT"), STUCK_MS);
  const signal = await Promise.race([interrupted, child.status.then(() => undefined)]);
  clearTimeout(stuck);
  if (signal) await endGroup(child, signal);
  const status = await child.status;
  signalGroup(child, "SIGKILL");
  await printed;
  return signal ? { ...status, interruptedBy: signal } : status;
}

async function passOn(
  stream: ReadableStream<Uint8Array>,
  onOutput: (bytes: Uint8Array) => void,
): Promise<void> {
  for await (const bytes of stream) onOutput(bytes);
}

async function endGroup(child: Deno.ChildProcess, signal: Deno.Signal): Promise<void> {
  signalGroup(child, signal);
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS);
  await child.status;
  clearTimeout(timer);
}

/** Signals the child and all it started. */
function signalGroup(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    Deno.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
