/**
 * A process that runs queues, from connecting to the exit code.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import type { RunCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import { nounFor } from "../../errors/counted.ts";
import type { Reporter } from "../../engine/report.ts";
import { IsolationTurns } from "../../engine/consumer/suspects/turns.ts";
import { removeOldLivenessLocks } from "../../engine/thread/liveness_lock.ts";
import { logLine } from "../../log/log.ts";
import { combine } from "../../monitoring/combine.ts";
import { FailureFeed } from "../../monitoring/failure_feed.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import type { SentryReporter } from "../../monitoring/sentry.ts";
import { within } from "../../system/deadline.ts";
import { EXIT, type Request } from "../../system/signals.ts";
import { Service } from "../../system/systemd.ts";
import { isForUsers } from "../failure.ts";
import { openBroker } from "../open_broker.ts";
import { type End, Ends, exitCode } from "./ends.ts";
import { Operator } from "./operator.ts";
import { QueueRun, type RunQueue } from "./queue_run.ts";
import { logNeverConsumed, Queues } from "./queues.ts";
import { requireWebLocks, whenIdle } from "./zombies.ts";
import { logStatus, statusLine, summary } from "./status.ts";

/** How often the process checks what is due, in ms. */
const SWEEP_MS = 250;
/** How long the end waits for Sentry, and for files of statistics and failed events, in ms. */
const FLUSH_MS = 2000;
/** How long what runs may go on when the broker cannot be used any more, in ms. */
const FAILED_GRACE_MS = 2000;

/** What to run. */
export interface ProcessRunOptions {
  readonly queues: readonly RunQueue[];
  readonly command: Pick<
    RunCommand,
    "queues" | "inline" | "drain" | "maxEvents" | "maxSeconds" | "exitWhenParked"
  >;
  readonly config: Config;
  /** Gets errors, as the log does. */
  readonly sentry?: SentryReporter | undefined;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
}

/** Runs queues until something ends it. */
export class ProcessRun {
  readonly #options: ProcessRunOptions;
  readonly #report: Reporter;
  readonly #ends = new Ends();
  readonly #turns = new IsolationTurns();
  readonly #service = Service.open(Deno.env.toObject());
  readonly #hurry = Promise.withResolvers<void>();
  readonly #failures = new FailureFeed();
  readonly #queues: Queues;
  readonly #operator: Operator;
  #broker: Broker | undefined;
  #isRestartWanted = false;
  #isEnding = false;
  /** Whether a drain left events in a queue, or the worker of a queue did not start. */
  #isPartial = false;

  /** @param options What to run. */
  constructor(options: ProcessRunOptions) {
    const { sentry, command: { queues } } = options;
    this.#options = options;
    this.#queues = new Queues(options.queues.map((queue) => this.#queueRun(queue)));
    this.#operator = new Operator({
      queues: this.#queues,
      config: options.config,
      mode: queues.kind,
      failures: this.#failures,
      broker: () => this.#broker,
      request: (request) => this.request(request),
    });
    const log = logReporter(queues.kind === "one" ? queues.workerNum : 0);
    this.#report = combine(log, ...(sentry ? [sentry.report] : []));
  }

  /**
   * Connects, consumes, drains.
   *
   * @returns The exit code.
   * @throws {BrokerError} When the broker refuses at the start; likewise all other errors whose
   * message is written for the user. It logs any other error, and the exit code is 1.
   */
  async run(): Promise<number> {
    const { maxSeconds } = this.#options.command;
    using ends = this.#ends;
    using _service = this.#service;
    ends.onUncaught((error) => this.#logException(error));
    if (maxSeconds !== undefined) ends.after(maxSeconds);
    const sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_MS);
    removeOldLivenessLocks(this.#options.config.stateDir);
    if (!this.#options.command.inline) requireWebLocks(this.#report);
    await using operator = this.#operator;
    operator.begin();
    try {
      return await this.#connectAndConsume();
    } catch (error) {
      if (isForUsers(error)) {
        logLine("debug", "The process ends by an error", { error: errorData(error) }, {});
        throw error;
      }
      this.#logException(error);
      return EXIT.failed;
    } finally {
      clearInterval(sweeper);
      await Promise.all([
        within(FLUSH_MS, this.#queues.flush()),
        this.#options.sentry?.flush(FLUSH_MS),
      ]);
    }
  }

  /** Carries out the request of a signal. */
  request(request: Request): void {
    switch (request) {
      case "stop":
        return this.#ends.end("stop");
      case "restart":
        logLine("warning", "SIGUSR1 received. Restarting this queue processor.", {}, {});
        return this.#ends.end("restart");
      case "abort":
        return this.#hurry.resolve();
      case "quiet":
        this.#operator.facts.isQuiet = true;
        return this.#queues.all.forEach((queue) => queue.quiet());
      case "continue":
        this.#operator.facts.isQuiet = false;
        return this.#queues.all.forEach((queue) => queue.endQuiet());
      case "status":
        return logStatus(this.#queues, this.#isRestartWanted);
    }
  }

  /** Does what is due, a few times a second. */
  #sweep(now: number): void {
    this.#queues.sweep(now);
    this.#operator.sweep(now);
    if (!this.#service) return;
    if (!this.#isEnding) {
      this.#service.status(statusLine(this.#queues, this.#broker?.isThere ?? false));
    }
    if (this.#queues.isWell(now)) this.#service.feed(now);
  }

  #queueRun(queue: RunQueue): QueueRun {
    const { command, config, sentry } = this.#options;
    return new QueueRun({
      ...queue,
      config,
      turns: this.#turns,
      sentry,
      failures: this.#failures,
      inline: command.inline,
      isOnly: command.queues.kind === "one",
      onlyIfActive: command.queues.kind === "all",
      skipsMisplaced: command.queues.kind === "several" && command.queues.skipUnknown,
      maxEvents: command.maxEvents,
      onZombie: () => this.#restartWhenIdle(),
      onParked: () => this.#onParked(),
    });
  }

  /** A stop does not wait for a broker that is away. */
  async #connectAndConsume(): Promise<number> {
    const opening = this.#open();
    const early = await Promise.race([opening.then(() => undefined), this.#ends.first]);
    if (early === undefined) return await this.#consume(await opening);
    opening.then((broker) => broker[Symbol.asyncDispose]()).catch(() => {});
    this.#notifyEnd(early);
    return exitCode(early);
  }

  async #open(): Promise<Broker> {
    const [first, ...others] = this.#queues.all;
    if (others.length === 0) first?.logConnecting();
    const what = others.length === 0 ? first?.queue : `${others.length + 1} queues`;
    const name = `process-queue ${what} ${Deno.hostname()}:${Deno.pid}`;
    const isAlone = !Deno.stderr.isTerminal();
    return await openBroker(this.#options.config, { name, report: this.#report, isAlone });
  }

  async #consume(broker: Broker): Promise<number> {
    const { command, print } = this.#options;
    this.#broker = broker;
    const end = await this.#consumeUntilEnd(broker).catch(async (error) => {
      await broker[Symbol.asyncDispose]();
      throw error;
    });
    if (command.drain) print(await summary(this.#queues, broker));
    // An event that still runs must not be delivered again before its end: the exit closes the socket.
    if (!this.#queues.isLeft) await broker[Symbol.asyncDispose]();
    const isOver = end === "drained" || end === "max-seconds";
    return isOver && this.#isPartial ? EXIT.failed : exitCode(end);
  }

  async #consumeUntilEnd(broker: Broker): Promise<End> {
    const { command, config } = this.#options;
    const ends = this.#ends;
    const refused = this.#queues.start(broker, (end) => ends.end(end), () => this.#onLeave());
    this.#operator.open();
    if (command.queues.kind !== "one") void this.#queues.logLaunches(config);
    void Promise.all([this.#queues.ready, this.#operator.opened()])
      .then(() => this.#service?.ready());
    if (command.drain) void this.#drain(broker);
    void broker.failure?.then(() => ends.end("broker-failed"));
    try {
      const end = await Promise.race([ends.first, refused]);
      const missed = this.#queues.missed(command.drain);
      this.#isPartial = missed.length > 0 || (command.drain && this.#queues.holdsEvents);
      if (command.drain || end === "max-seconds") logNeverConsumed(missed);
      await this.#stop(end);
      return end;
    } catch (error) {
      await this.#queues.stop(0);
      throw error;
    }
  }

  /** Ends the run when the queues are empty, or when that cannot be checked. */
  async #drain(broker: Broker): Promise<void> {
    await this.#queues.ready;
    try {
      await this.#ends.whenEmpty(broker, () => this.#queues.all);
    } catch (error) {
      this.#logException(error);
      this.#ends.end("failed");
    }
  }

  /** Drains; a second signal ends the wait for what runs. */
  async #stop(end: End): Promise<void> {
    this.#notifyEnd(end);
    for (const queue of this.#queues.all) queue.logDisconnecting();
    const graceMs = graceMsOf(end, this.#options.config.stopGraceSeconds * 1000);
    const hurried = this.#hurry.promise.then(() => this.#queues.stop(0));
    const stopped = this.#queues.stop(graceMs);
    // Whoever reads this line knows that no further event is started.
    this.#logWait(graceMs);
    await Promise.race([stopped, hurried]);
  }

  /** Tells systemd that the process stops. */
  #notifyEnd(end: End): void {
    this.#isEnding = true;
    this.#operator.facts.isStopping = true;
    if (end === "restart") this.#service?.reloading();
    this.#service?.stopping();
  }

  #logWait(graceMs: number): void {
    const count = this.#queues.runningCount;
    if (count === 0 || graceMs === 0) return;
    const [are, have, them] = count === 1 ? ["is", "has", "it"] : ["are", "have", "them"];
    const message =
      `{count} ${nounFor(count, "event")} ${are} running and ${have} {seconds} s to ` +
      `finish; a second signal releases ${them} at once`;
    logLine("info", message, { count, seconds: graceMs / 1000 }, {});
  }

  #restartWhenIdle(): void {
    if (this.#isRestartWanted) return;
    this.#isRestartWanted = true;
    whenIdle(() => this.#queues.inFlight === 0, () => this.#ends.end("restart"));
  }

  /** Of the queues that are left, all may be parked. */
  #onLeave(): void {
    if (this.#queues.logNoneLeft()) this.#ends.end("failed");
    else this.#onParked();
  }

  #onParked(): void {
    const { all } = this.#queues;
    const parked = all.filter((queue) => queue.isGivenUp).length;
    if (parked === 0) return;
    if (parked < all.length && !this.#options.command.exitWhenParked) return;
    this.#ends.end("parked");
  }

  /** Logs an error that belongs to no thread of a worker. */
  #logException(error: unknown): void {
    this.#queues.all[0]?.monitor.logException(error);
  }
}

/** How long what runs may go on. Without a broker nothing that it does can be settled. */
function graceMsOf(end: End, usual: number): number {
  if (end === "hung") return 0;
  return end === "broker-failed" ? Math.min(usual, FAILED_GRACE_MS) : usual;
}
