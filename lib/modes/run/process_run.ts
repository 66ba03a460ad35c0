/**
 * A process that runs queues, from connecting to the exit code.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import type { RunCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { removeOldLifeFiles } from "../../engine/thread/worker_thread.ts";
import { combine } from "../../monitoring/combine.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { logLine } from "../../log/log.ts";
import type { Reporter } from "../../engine/report.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { EXIT, type Request } from "../../system/signals.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { isForUsers } from "../failure.ts";
import { openBroker } from "../open_broker.ts";
import { type End, Ends, exitCode } from "./ends.ts";
import { Service } from "../../system/systemd.ts";
import { QueueRun, type QueueRunOptions } from "./queue_run.ts";

/** How often the statistics look whether they are due, in ms. */
const STATISTICS_SWEEP_MS = 250;
/** How long the end waits for Sentry, in ms. */
const SENTRY_FLUSH_MS = 2000;
/** How long the last line waits for a broker that may be gone, in ms. */
const SUMMARY_MS = 2000;
/** How long the line that counts threads waits for those that load, in ms. */
const LAUNCH_MS = 10_000;
/** How long a process with a thread that cannot be ended goes on at the most, in ms. */
const ZOMBIE_MS = 600_000;
/** How often it looks whether it is idle, in ms. */
const IDLE_LOOK_MS = 1000;

/** A queue to run. */
export type QueueTask = Pick<QueueRunOptions, "file" | "queue" | "workerNum">;

/** What to run. */
export interface ProcessRunOptions {
  readonly tasks: readonly QueueTask[];
  readonly command: Pick<
    RunCommand,
    "queues" | "inline" | "drain" | "maxEvents" | "maxSeconds" | "exitWhenParked"
  >;
  readonly config: Config;
  /** Where errors go beside the log, if anywhere. */
  readonly sentry?: SentryReporter | undefined;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
}

/** Runs queues until something ends it. */
export class ProcessRun {
  readonly #options: ProcessRunOptions;
  readonly #report: Reporter;
  readonly #ends = new Ends();
  readonly #service = Service.open(Deno.env.toObject());
  readonly #hurry = Promise.withResolvers<void>();
  #queues: QueueRun[];
  #broker: Broker | undefined;
  #isRestartWanted = false;
  #isEnding = false;
  /** Whether a queue was parked when the end came, so that it may hold events. */
  #isPartial = false;

  /** @param options What to run. */
  constructor(options: ProcessRunOptions) {
    const { sentry, command: { queues } } = options;
    this.#options = options;
    this.#queues = options.tasks.map((task) => this.#queueRun(task));
    const log = logReporter(queues.kind === "one" ? queues.workerNum : 0);
    this.#report = combine(log, ...(sentry ? [sentry.report] : []));
  }

  /**
   * Connects, consumes, drains.
   *
   * @returns The exit code.
   * @throws {BrokerError} When the broker refuses at the start; likewise all other errors whose
   * message is written for the user. Any other is logged, and the exit code is 1.
   */
  async run(): Promise<number> {
    const { maxSeconds } = this.#options.command;
    using ends = this.#ends;
    using _service = this.#service;
    ends.onUncaught((error) => this.#logException(error));
    if (maxSeconds !== undefined) ends.after(maxSeconds);
    const sweeper = setInterval(() => this.#sweep(performance.now()), STATISTICS_SWEEP_MS);
    removeOldLifeFiles(this.#options.config.stateDir);
    try {
      return await this.#connectAndConsume();
    } catch (error) {
      if (isForUsers(error)) throw error;
      this.#logException(error);
      return EXIT.failed;
    } finally {
      clearInterval(sweeper);
      for (const queue of this.#queues) queue.flush();
      await this.#options.sentry?.flush(SENTRY_FLUSH_MS);
    }
  }

  /** Does what a signal asks for. */
  request(request: Request): void {
    switch (request) {
      case "stop":
        return this.#ends.end("stop");
      case "restart":
        logLine("warning", "SIGUSR1 received. Restarting this queue processor.", {}, {});
        return this.#ends.end("restart");
      case "now":
        return this.#hurry.resolve();
      case "quiet":
        return this.#queues.forEach((queue) => queue.pause());
      case "continue":
        return this.#queues.forEach((queue) => queue.resume());
      case "status":
        return this.#logStatus();
    }
  }

  /** A few times a second: what is due. */
  #sweep(now: number): void {
    for (const queue of this.#queues) queue.sweep(now);
    if (!this.#service) return;
    if (!this.#isEnding) {
      this.#service.status(statusOf(this.#queues, this.#broker?.isThere ?? false));
    }
    if (this.#queues.every((queue) => queue.isWell(now))) this.#service.feed(now);
  }

  #queueRun(task: QueueTask): QueueRun {
    const { command, config, sentry } = this.#options;
    return new QueueRun({
      ...task,
      config,
      sentry,
      inline: command.inline,
      isOnly: command.queues.kind === "one",
      onlyIfActive: command.queues.kind === "all",
      maxEvents: command.maxEvents,
      onZombie: () => this.#restartWhenIdle(),
      onParked: () => this.#onParked(),
    });
  }

  /** A stop does not wait for a broker that is not there. */
  async #connectAndConsume(): Promise<number> {
    const opening = this.#open();
    const early = await Promise.race([opening.then(() => undefined), this.#ends.first]);
    if (early === undefined) return await this.#consume(await opening);
    opening.then((broker) => broker[Symbol.asyncDispose]()).catch(() => {});
    this.#tellEnd(early);
    return exitCode(early);
  }

  async #open(): Promise<Broker> {
    const [first, ...others] = this.#queues;
    if (others.length === 0) first?.logConnecting();
    const what = others.length === 0 ? first?.queue : `${this.#queues.length} queues`;
    const name = `process-queue ${what} ${Deno.hostname()}:${Deno.pid}`;
    return await openBroker(this.#options.config, { name, report: this.#report });
  }

  async #consume(broker: Broker): Promise<number> {
    const { command, print } = this.#options;
    this.#broker = broker;
    const end = await this.#consumeUntilEnd(broker).catch(async (error) => {
      await broker[Symbol.asyncDispose]();
      throw error;
    });
    if (command.drain) print(await this.#summary(broker));
    // What still runs must not be handed out again before its end: the exit closes the socket.
    if (!this.#queues.some(({ isLeft }) => isLeft)) await broker[Symbol.asyncDispose]();
    return end === "drained" && this.#isPartial ? EXIT.failed : exitCode(end);
  }

  async #consumeUntilEnd(broker: Broker): Promise<End> {
    const refused = Promise.withResolvers<never>();
    const start = (queue: QueueRun) => void this.#start(queue, broker).catch(refused.reject);
    this.#queues.forEach(start);
    void this.#logLaunches();
    void Promise.all(this.#queues.map((queue) => queue.ready)).then(() => this.#service?.ready());
    if (this.#options.command.drain) void this.#drain(broker);
    try {
      const end = await Promise.race([this.#ends.first, refused.promise]);
      this.#isPartial = this.#queues.some(({ isParked }) => isParked);
      await this.#stop(end);
      return end;
    } catch (error) {
      await Promise.allSettled(this.#queues.map((queue) => queue.stop(0)));
      throw error;
    }
  }

  /** Ends the run when the queues are empty, or nobody can see whether they are. */
  async #drain(broker: Broker): Promise<void> {
    try {
      await this.#ends.whenEmpty(broker, () => this.#queues);
    } catch (error) {
      this.#logException(error);
      this.#ends.end("failed");
    }
  }

  /** Sets a worker up and lets it consume. A stop may come at any time. */
  async #start(queue: QueueRun, broker: Broker): Promise<void> {
    const end = await queue.start(broker);
    if (end !== "inactive") {
      if (end !== "stopped") this.#ends.end(end);
      return;
    }
    this.#queues = this.#queues.filter((other) => other !== queue);
    // Of those that are left, all may be parked.
    this.#onParked();
  }

  /** Zulip's lines for threads that are begun. */
  async #logLaunches(): Promise<void> {
    if (this.#options.command.queues.kind === "one") return;
    let count = 0;
    const all = this.#queues.map(async (queue) => {
      if (!await queue.launched) return;
      count++;
      queue.log("info", `launching queue worker thread ${queue.queue}`);
    });
    await within(LAUNCH_MS, Promise.all(all));
    const message = "{count} queue worker threads were launched";
    logLine("info", message, { count }, {});
  }

  /** Drains; a second signal ends the wait for what runs. */
  async #stop(end: End): Promise<void> {
    this.#tellEnd(end);
    for (const queue of this.#queues) queue.logDisconnecting();
    const graceMs = end === "hung" ? 0 : this.#options.config.stopGraceSeconds * 1000;
    this.#logWait(graceMs);
    const stop = (ms: number) => Promise.allSettled(this.#queues.map((queue) => queue.stop(ms)));
    await Promise.race([stop(graceMs), this.#hurry.promise.then(() => stop(0))]);
  }

  /** Says to systemd that the end has begun. */
  #tellEnd(end: End): void {
    this.#isEnding = true;
    if (end === "restart") this.#service?.reloading();
    this.#service?.stopping();
  }

  #logWait(graceMs: number): void {
    const count = this.#queues.reduce((sum, { runningCount }) => sum + runningCount, 0);
    if (count === 0 || graceMs === 0) return;
    const message =
      "{count} events run, and may finish within {seconds} s; a second signal gives " +
      "them back at once";
    logLine("info", message, { count, seconds: graceMs / 1000 }, {});
  }

  /** A thread that cannot be ended goes with the process: when that is idle, or after a while. */
  #restartWhenIdle(): void {
    if (this.#isRestartWanted) return;
    this.#isRestartWanted = true;
    const latest = performance.now() + ZOMBIE_MS;
    const timer = setInterval(() => {
      const isIdle = this.#queues.every((queue) => queue.inFlight === 0);
      if (!isIdle && performance.now() < latest) return;
      clearInterval(timer);
      this.#ends.end("restart");
    }, IDLE_LOOK_MS);
  }

  #onParked(): void {
    const parked = this.#queues.filter((queue) => queue.isGivenUp).length;
    if (parked === 0) return;
    if (parked < this.#queues.length && !this.#options.command.exitWhenParked) return;
    this.#ends.end("parked");
  }

  async #summary(broker: Broker): Promise<string> {
    const waiting = async () => {
      const counts = this.#queues.map(({ queue }) => broker.waiting(queue));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    const counted = await within(SUMMARY_MS, waiting()).catch(() => TOO_LATE);
    const known = counted === TOO_LATE ? "unknown" : String(counted);
    const sum = (what: "processed" | "retried" | "failed") =>
      this.#queues.reduce((total, { totals }) => total + totals[what], 0);
    return `done ${sum("processed")}, retried ${sum("retried")}, failed ${sum("failed")}, ` +
      `waiting for retry ${known}`;
  }

  /** An error that belongs to no thread of a worker. */
  #logException(error: unknown): void {
    this.#queues[0]?.logException(error);
  }

  #logStatus(): void {
    for (const queue of this.#queues) queue.logStatus();
    const { rss, heapUsed } = Deno.memoryUsage();
    const message = "Status of the process: {queues} queues, {parked} parked, {rss_mb} MB";
    logLine("info", message, {
      queues: this.#queues.length,
      parked: this.#queues.filter(({ isParked }) => isParked).length,
      rss_mb: Math.round(rss / 1e6),
      heap_mb: Math.round(heapUsed / 1e6),
      uptime: Math.round(performance.now() / 1000),
      restart_wanted: this.#isRestartWanted,
    }, {});
  }
}

/** A line for systemd, which names the queues that are not consumed. */
function statusOf(queues: readonly QueueRun[], isBrokerThere: boolean): string {
  const count = queues.length === 1 ? "1 queue" : `${queues.length} queues`;
  if (!isBrokerThere) return `${count}, not consumed: the broker is not there`;
  const unwell = queues.filter(({ state }) => state !== "consuming");
  const names = unwell.map(({ queue, state }) => `${queue} ${state}`);
  return [count, ...names].join(", ");
}
