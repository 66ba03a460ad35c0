/**
 * A process that consumes and answers HTTP, while something else happens on its host and broker: how
 * fast it consumes meanwhile, and how long its probe takes.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Task } from "../../lib/operations/failed/task.ts";
import { Daemon, freePort, waitUntil } from "../private_server.ts";
import { percentile } from "./latencies.ts";
import { makeWorkers, ROOT, settings } from "./program.ts";

/** What a {@linkcode Bystander} did in some time. */
export interface Doing {
  /** The events that it processed in a second. */
  readonly perSecond: number;
  /** How long each call of `/livez` took, in ms. */
  readonly probes: readonly number[];
}

/** The time between two probes, in ms. */
const PROBE_EVERY_MS = 10;
const START_MS = 60_000;
/** How long a call waits for the end of a task, in seconds. */
const TASK_SECONDS = 5;
/** The longest that a probe may take, in ms, and the least part of the rate. */
const BOUNDS = { probeMs: 50, rate: 0.9 };

/** A process that consumes one queue with the worker `waiting`, until it is disposed of. */
export class Bystander implements AsyncDisposable {
  readonly #process: Daemon;
  readonly #url: string;
  readonly #folder: string;

  private constructor(process: Daemon, url: string, folder: string) {
    this.#process = process;
    this.#url = url;
    this.#folder = folder;
  }

  /** Starts it, and waits until it consumes. */
  static async start(amqpUrl: string, queue: string): Promise<Bystander> {
    const folder = await makeWorkers([queue], "waiting", ROOT);
    const port = freePort();
    const args = ["run", "-A", "main.ts", "--queue_name", queue, "--http", `127.0.0.1:${port}`];
    const env = { ...Deno.env.toObject(), ...settings(amqpUrl, folder) };
    const child = Daemon.spawn(Deno.execPath(), args, `${folder}/log`, { env, cwd: ROOT });
    const bystander = new Bystander(child, `http://127.0.0.1:${port}`, folder);
    try {
      await waitUntil(() => bystander.#isConsuming(), START_MS);
    } catch (error) {
      const output = child.output();
      await bystander[Symbol.asyncDispose]();
      throw new Error(`the consuming process did not start: ${output}`, { cause: error });
    }
    return bystander;
  }

  /** Watches it until `work` has settled. */
  async watch(work: () => Promise<unknown>): Promise<Doing> {
    const done = new AbortController();
    const [from, fromMs] = [await this.#processed(), performance.now()];
    const probing = this.#probe(done.signal);
    try {
      await work();
    } finally {
      done.abort();
    }
    const [to, toMs] = [await this.#processed(), performance.now()];
    return { perSecond: (to - from) / ((toMs - fromMs) / 1000), probes: await probing };
  }

  /**
   * Has it put dead letters of a queue back, in a thread of its own as for the dashboard.
   *
   * @throws {Error} When they are not all put back.
   */
  async retry(queue: string, ids: readonly string[]): Promise<void> {
    const token = await Deno.readTextFile(`${this.#folder}/state/http-token`);
    const headers = {
      "authorization": `Bearer ${token.trim()}`,
      "content-type": "application/json",
    };
    const body = JSON.stringify({ filter: { ids }, expected: ids.length });
    const start = { method: "POST", headers, body };
    let { task } = await this.#json<{ task: Task }>(`/v1/queues/${queue}/failed/retry`, start);
    while (task.state === "running") {
      task = await this.#json<Task>(`/v1/tasks/${task.id}?wait=${TASK_SECONDS}`, { headers });
    }
    const { state, error, result } = task;
    if (state === "done" && result && "moved" in result && result.moved === ids.length) return;
    throw new Error(`the task is ${state}: ${error ?? JSON.stringify(result)}`);
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end("SIGKILL");
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #isConsuming(): Promise<boolean> {
    this.#process.assertRunning();
    return await this.#processed().catch(() => 0) > 0;
  }

  async #json<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const answer = await fetch(this.#url + path, request);
    if (answer.ok) return await answer.json();
    throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  }

  async #processed(): Promise<number> {
    return processedIn(await (await fetch(`${this.#url}/metrics`)).text());
  }

  async #probe(signal: AbortSignal): Promise<number[]> {
    const probes: number[] = [];
    while (!signal.aborted) {
      const start = performance.now();
      const answer = await fetch(`${this.#url}/livez`);
      await answer.text();
      if (!answer.ok) throw new Error(`/livez answered ${answer.status}`);
      probes.push(performance.now() - start);
      await delay(PROBE_EVERY_MS);
    }
    return probes;
  }
}

/** The events of all queues that were processed, by what `/metrics` prints. */
export function processedIn(metrics: string): number {
  const lines = metrics.matchAll(/^process_queue_events_total\{.*outcome="processed".*\} (\S+)/gm);
  return lines.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The row of what it did alone. */
export function aloneRow(alone: Doing): string {
  return `${name("/livez alone")} ${times(alone)}`;
}

/** The rows of what it did beside something, next to what it did alone. */
export function besideRows(what: string, beside: Doing, alone: Doing): string[] {
  const ratio = beside.perSecond / alone.perSecond;
  const mark = (isGood: boolean) => isGood ? "" : " OUT OF BOUNDS";
  return [
    `${name(`/livez beside ${what}`)} ${times(beside)} (under ${BOUNDS.probeMs} ms)` +
    mark(isPrompt(beside)),
    `${name(`consumed beside ${what}`)} ${beside.perSecond.toFixed(0)} events/s, ` +
    `${ratio.toFixed(2)} of ${alone.perSecond.toFixed(0)} alone (at least ${BOUNDS.rate})` +
    mark(ratio >= BOUNDS.rate),
  ];
}

function name(text: string): string {
  return text.padEnd(30);
}

/** Whether both figures are within their bounds. */
export function isUndisturbed(beside: Doing, alone: Doing): boolean {
  return isPrompt(beside) && beside.perSecond >= BOUNDS.rate * alone.perSecond;
}

function isPrompt({ probes }: Doing): boolean {
  return percentile(probes, 100) < BOUNDS.probeMs;
}

function times({ probes }: Doing): string {
  const at = (percent: number) => percentile(probes, percent).toFixed(1);
  return `p99 ${at(99)} ms, max ${at(100)} ms of ${probes.length} calls`;
}

/** What it did in several times, which are about as long. */
export function together(times: readonly Doing[]): Doing {
  return {
    perSecond: times.reduce((sum, { perSecond }) => sum + perSecond, 0) / times.length,
    probes: times.flatMap(({ probes }) => probes),
  };
}
