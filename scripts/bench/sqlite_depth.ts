/**
 * The embedded broker while many events wait, beside one in which few do, and with several processes
 * on one file.
 *
 * @module
 */

import { join } from "node:path";
import { linesOf } from "./lines.ts";
import type { Mark } from "./marks.ts";
import { ROOT } from "./program.ts";
import { median } from "./ratios.ts";
import { type SqliteRate, sqliteRow, WaitingBench } from "./sqlite.ts";

/** How many events wait, and how many times more than the few the many may cost. */
const FEW = 10_000;
const MANY = 1_000_000;
const MOST = 1.1;
/** Events of one measurement, and how often both are measured. */
const EVENTS = 20_000;
const ROUNDS = 5;
const PROCESSES = 4;

/** Measures and prints the ratio of many events that wait to few. @returns Whether it is low enough. */
export async function sqliteDepth(many: number = MANY): Promise<boolean> {
  await using few = await WaitingBench.open(FEW);
  await using deep = await WaitingBench.open(many);
  const costs: Record<"few" | "deep", number[]> = { few: [], deep: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { few: await few.costOf(EVENTS), deep: await deep.costOf(EVENTS) };
    if (round === 0) continue; // The code is being compiled.
    costs.few.push(measured.few);
    costs.deep.push(measured.deep);
  }
  const ratio = median(costs.deep.map((cost, i) => cost / (costs.few[i] ?? NaN)));
  console.log(
    `sqlite, ${many} waiting: ${median(costs.deep).toFixed(2)} µs CPU/event, ` +
      `beside ${FEW} waiting ${ratio.toFixed(2)} (at most ${MOST})`,
    ratio <= MOST ? "" : "OUT OF BOUNDS",
  );
  return ratio <= MOST;
}

/** Has 4 processes publish into one file at once, and then drain it at once; prints both rows. */
export async function sqliteProcesses(events: number): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "pq-bench-" });
  const each = Math.ceil(events / PROCESSES);
  const processes = Array.from({ length: PROCESSES }, () => new Part(dir, each));
  try {
    for (const phase of ["publish", "drain"]) {
      const marks = await Promise.all(processes.map((part) => part.next()));
      processes.forEach((part) => part.go());
      const ends = await Promise.all(processes.map((part) => part.next()));
      console.log(sqliteRow(`sqlite ${PROCESSES} ${phase}`, together(marks, ends)));
    }
  } finally {
    await Promise.all(processes.map((part) => part[Symbol.asyncDispose]()));
    await Deno.remove(dir, { recursive: true });
  }
}

/** The rate of several processes from the first start to the last end. */
export function together(from: readonly Mark[], to: readonly Mark[]): SqliteRate {
  const sum = (marks: readonly Mark[], of: "cpuMicros" | "count") =>
    marks.reduce((all, mark) => all + mark[of], 0);
  const ms = Math.max(...to.map(({ at }) => at)) - Math.max(...from.map(({ at }) => at));
  const events = sum(to, "count");
  return {
    eventsPerSecond: events / (ms / 1000),
    cpuMicros: (sum(to, "cpuMicros") - sum(from, "cpuMicros")) / events,
  };
}

/** One of several processes on a file. It prints a mark, waits for a line, works, and prints one. */
class Part implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  constructor(dir: string, events: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(ROOT, "scripts/bench/sqlite_part.ts"), dir, String(events)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#input = this.#child.stdin.getWriter();
  }

  async next(): Promise<Mark> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a process on the file ended early");
    return JSON.parse(value);
  }

  go(): void {
    void this.#input.write(new TextEncoder().encode("go\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#lines.return?.();
    await this.#child.status;
  }
}
