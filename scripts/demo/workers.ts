/** The demo's workers: one process for each queue, started by the program's own command. */

import { join } from "node:path";
import { TOO_LATE, within } from "../../lib/system/deadline.ts";
import { sayLog } from "./report.ts";
import { environment, FOLDER, ROOT } from "./settings.ts";

/** How long a worker may take to stop, in ms. */
const STOP_MS = 5000;

/** Workers that run until they are stopped. */
export class Workers implements AsyncDisposable {
  readonly #children: readonly Deno.ChildProcess[];
  readonly #logs: Promise<unknown>;
  #isStopping = false;

  /** Starts them. @param say Prints a line about what they log. */
  constructor(queues: readonly string[], say: (line: string) => void) {
    this.#children = queues.map(start);
    this.#logs = Promise.all(this.#children.map(({ stderr }) => sayLog(stderr, say)));
  }

  /** Rejects when a worker ends before it is stopped. */
  async untilOneEnds(): Promise<never> {
    const { code } = await Promise.race(this.#children.map(({ status }) => status));
    if (this.#isStopping) return await new Promise<never>(() => {});
    throw new Error(`A worker ended unexpectedly with exit code ${code}`);
  }

  /** Stops them by SIGTERM and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#signal("SIGTERM");
    const ended = Promise.all([this.#logs, ...this.#children.map(({ status }) => status)]);
    if (await within(STOP_MS, ended) !== TOO_LATE) return;
    this.#signal("SIGKILL");
    await ended;
  }

  #signal(signal: Deno.Signal): void {
    for (const child of this.#children) {
      try {
        child.kill(signal);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // It has ended.
      }
    }
  }
}

/** Starts a worker in the demo's folder, which has no `.env`. */
function start(queue: string): Deno.ChildProcess {
  const options = ["--queue_name", queue, "--log-format", "json"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(ROOT, "main.ts"), ...options],
    cwd: FOLDER,
    clearEnv: true,
    env: environment(),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}
