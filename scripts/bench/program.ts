/**
 * The processes that are measured: bare amqplib, and the program in its modes.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { linesOf } from "./lines.ts";

/** A kind of consumer. */
export type Kind = "bare" | "inline" | "thread";

/** How a consumer is started. */
export interface ConsumerOptions {
  readonly url: string;
  readonly kind: Kind;
  readonly queues: readonly string[];
  readonly prefetch: number;
  /** The function of `worker.ts` that makes its workers. */
  readonly worker: "counting" | "timing" | "waiting";
  /** Events at which each worker prints a mark. */
  readonly marks?: readonly number[];
  /** Root of the checkout whose program and workers run. @default {this checkout} */
  readonly checkout?: string;
}

/** Root of this checkout. */
export const ROOT: string = join(import.meta.dirname ?? ".", "..", "..");

/** A process that consumes, until it is disposed of. */
export class Consumer implements AsyncDisposable {
  /** When it was started, in ms since 1970. */
  readonly startedAt = performance.timeOrigin + performance.now();
  readonly #child: Deno.ChildProcess;
  readonly #dir: string;
  readonly #lines: AsyncIterator<unknown>;

  private constructor(child: Deno.ChildProcess, dir: string) {
    this.#child = child;
    this.#dir = dir;
    this.#lines = jsonLines(child.stdout);
  }

  /** Starts it. */
  static async start(options: ConsumerOptions): Promise<Consumer> {
    const { checkout = ROOT } = options;
    const dir = await makeWorkers(options.queues, options.worker, checkout);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...argumentsOf(options)],
      cwd: checkout,
      env: environmentOf(options, dir),
      stdout: "piped",
      stderr: "null",
    }).spawn();
    return new Consumer(child, dir);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The next `count` lines of JSON that it prints. */
  async read<Line>(count: number): Promise<Line[]> {
    const lines: Line[] = [];
    while (lines.length < count) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the consumer ended before it had printed all its lines");
      lines.push(value as Line);
    }
    return lines;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#lines.return?.();
    await this.#child.status;
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/**
 * Makes a folder with a worker for each queue. The workers import those of their checkout, which
 * is why two checkouts can be compared only while the names in `worker.ts` stay the same.
 *
 * @returns The folder, in the system's folder for temporary files.
 */
export async function makeWorkers(
  queues: readonly string[],
  worker: ConsumerOptions["worker"],
  checkout: string,
): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "pq-bench-" });
  const module = pathToFileURL(join(checkout, "scripts", "bench", "worker.ts")).href;
  for (const queue of queues) {
    const text = `import { ${worker} } from "${module}";\nexport default ${worker}("${queue}");\n`;
    await Deno.writeTextFile(`${dir}/${queue}.ts`, text);
  }
  return dir;
}

function argumentsOf({ kind, url, queues, prefetch }: ConsumerOptions): string[] {
  const [queue = ""] = queues;
  if (kind === "bare") return ["scripts/bench/bare.ts", url, queue, String(prefetch)];
  if (kind === "inline") return ["main.ts", "--queue_name", queue, "--inline"];
  return queues.length === 1
    ? ["main.ts", "--queue_name", queue]
    : ["main.ts", "--multi_threaded", ...queues];
}

function environmentOf(options: ConsumerOptions, dir: string): Record<string, string> {
  const { url, queues, prefetch, worker, marks = [] } = options;
  const prefetches = queues.map((queue) => [`PQ_${queue.toUpperCase()}_PREFETCH`, `${prefetch}`]);
  return {
    ...settings(url, dir),
    BENCH_MARKS: marks.join(","),
    ...(worker === "timing" && { BENCH_LATENCY: "1" }),
    ...Object.fromEntries(prefetches),
  };
}

/** The program's settings. @param dir A folder that {@linkcode makeWorkers} made. */
export function settings(url: string, dir: string): Record<string, string> {
  return {
    AMQP_URL: url,
    WORKERS_DIR: dir,
    STATE_DIR: `${dir}/state`,
    QUEUE_STATS_DIR: `${dir}/stats`,
  };
}

/** Runs a script of this folder until it ends, and prints what it prints. */
export async function run(script: string, ...args: readonly string[]): Promise<void> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(ROOT, "scripts", "bench", script), ...args],
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout).trimEnd();
  if (text !== "") console.log(text);
  if (!success) throw new Error(`${script} failed`);
}

async function* jsonLines(stdout: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  for await (const line of linesOf(stdout)) if (line.startsWith("{")) yield JSON.parse(line);
}

/** Deletes queues. */
export async function deleteQueues(url: string, queues: readonly string[]): Promise<void> {
  const { default: amqplib } = await import("amqplib");
  const connection = await amqplib.connect(url);
  const channel = await connection.createChannel();
  for (const queue of queues) await channel.deleteQueue(queue);
  await connection.close();
}
