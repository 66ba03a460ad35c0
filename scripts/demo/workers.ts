/** The demo's workers: one process for each queue, started as anybody would start it. */

import { join } from "node:path";
import { TOO_LATE, within } from "../../lib/system/deadline.ts";
import { sayLog } from "./report.ts";
import { environment, FOLDER, ROOT } from "./place.ts";

/** How long a worker that was told to stop may take, in ms. */
const STOP_MS = 5000;

/** Workers that run until they are stopped. */
export class Workers implements AsyncDisposable {
  readonly #children: readonly Deno.ChildProcess[];
  readonly #logs: Promise<unknown>;
  #isStopping = false;

  /** Starts them. @param say Takes what is to be said of what they log. */
  constructor(queues: readonly string[], say: (line: string) => void) {
    this.#children = queues.map(start);
    this.#logs = Promise.all(this.#children.map(({ stderr }) => sayLog(stderr, say)));
  }

  /** Rejects when a worker ends by itself. */
  async untilDeath(): Promise<never> {
    const { code } = await Promise.race(this.#children.map(({ status }) => status));
    if (this.#isStopping) return await new Promise<never>(() => {});
    throw new Error(`A worker has ended by itself, with ${code}`);
  }

  /** Stops them, as a service manager would, and waits for their end. */
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

/** In a folder of its own, where no `.env` is. */
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
