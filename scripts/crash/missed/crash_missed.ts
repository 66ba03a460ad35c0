/**
 * One run: many rows of missed messages are worked off by two processes, while these are killed.
 *
 * @module
 */

import { drain } from "../drain.ts";
import { sleep } from "../handler.ts";
import { nameOfBroker } from "../report.ts";
import { MissedDeployment, type MissedOptions } from "./deployment.ts";
import { type MemorySample, residentMb } from "./memory.ts";
import type { MissedResult } from "./report.ts";
import { verdictOf } from "./verdict.ts";

/**
 * When a process is killed: the second one all `seconds`; or the two in turn, `times` in all, whenever
 * another part of the rows is done.
 */
export type Kills =
  | { readonly kind: "every"; readonly seconds: number }
  | { readonly kind: "parts"; readonly times: number };

/** How a run is made. */
export interface CrashMissedOptions extends MissedOptions {
  readonly kills: Kills;
  /** Ends the kills early. */
  readonly stop?: AbortSignal | undefined;
}

const POLL_MS = 100;
const SAMPLE_SECONDS = 1;
/** How long nothing may happen, in s. The outbox is published again after 10 s at first. */
const STALL_SECONDS = 90;

/** Runs it once. */
export async function crashMissed(options: CrashMissedOptions): Promise<MissedResult> {
  await using deployment = await MissedDeployment.open(options);
  deployment.processes.start();
  const run = new Run(deployment, options);
  await run.toEnd();
  if (options.isSent) await drain(deployment, (stored) => deployment.sent() * 1e6 + stored);
  else await deployment.processes.stop();
  const failed = await deployment.failed();
  return {
    broker: nameOfBroker(options.server),
    database: options.postgres ? "postgres" : "sqlite",
    isSent: options.isSent,
    users: options.users,
    verdict: verdictOf(deployment.rows, await deployment.mails()),
    kills: run.kills,
    leftInOutbox: run.leftInOutbox,
    seconds: run.workedSeconds,
    memory: run.memory,
    problems: [
      ...deployment.processes.problems,
      ...(failed > 0 ? [`${failed} events have failed: see the logs in ${options.folder}`] : []),
      ...(run.hasStalled ? [`nothing happened for ${STALL_SECONDS} s`] : []),
    ],
  };
}

/** Watches the processes, and kills them. */
class Run {
  kills = 0;
  /** How long the rows took, in s. */
  workedSeconds = 0;
  /** Of the first process, which is not killed at intervals. */
  readonly memory: MemorySample[] = [];
  hasStalled = false;
  readonly #deployment: MissedDeployment;
  readonly #options: CrashMissedOptions;
  readonly #start = performance.now();
  /** Processes that were killed, until they have come back. */
  readonly #returning: Promise<unknown>[] = [];
  /** Events that were seen in the outbox, and that nobody was publishing. */
  readonly #left = new Set<number>();

  constructor(deployment: MissedDeployment, options: CrashMissedOptions) {
    this.#deployment = deployment;
    this.#options = options;
  }

  /** Resolves when all is done. */
  async toEnd(): Promise<void> {
    let last = "";
    let changedAt = this.#seconds;
    for (;;) {
      const left = await this.#countLeft();
      if (left.every((count) => count === 0)) break;
      if (left.join() !== last) changedAt = this.#seconds;
      last = left.join();
      this.hasStalled = this.#seconds - changedAt > STALL_SECONDS;
      if (this.hasStalled) break;
      await this.#sample();
      if (this.#isTime(left[0] ?? 0)) this.#kill();
      await sleep(POLL_MS);
    }
    await Promise.all(this.#returning);
  }

  /** How many events a killed process had committed and not published. */
  get leftInOutbox(): number {
    return this.#left.size;
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Rows, and then events of the outbox, that wait. */
  async #countLeft(): Promise<number[]> {
    const rows = await this.#deployment.waiting();
    if (rows > 0) {
      this.workedSeconds = this.#seconds;
      return [rows];
    }
    return [rows, await this.#deployment.outbox()];
  }

  async #sample(): Promise<void> {
    const { seconds = -Infinity } = this.memory.at(-1) ?? {};
    if (this.#seconds - seconds < SAMPLE_SECONDS) return;
    for (const id of await this.#deployment.leftInOutbox()) this.#left.add(id);
    const mb = residentMb(this.#deployment.makers[0]?.pid ?? 0);
    if (mb !== undefined) this.memory.push({ seconds: this.#seconds, mb });
  }

  #isTime(rows: number): boolean {
    const { kills, stop } = this.#options;
    if (rows === 0 || stop?.aborted) return false;
    if (kills.kind === "every") return this.#seconds > (this.kills + 1) * kills.seconds;
    const done = 1 - rows / this.#options.rows;
    return this.kills < kills.times && done > (this.kills + 1) / (kills.times + 1);
  }

  #kill(): void {
    const { makers } = this.#deployment;
    const { kind } = this.#options.kills;
    const victim = makers[kind === "every" ? 1 : this.kills % makers.length];
    this.kills++;
    if (victim) this.#returning.push(victim.interrupt("SIGKILL"));
  }
}
