/**
 * The real services of commands: standard streams, workers' files, RabbitMQ, the database.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import type { Broker } from "../engine/broker/broker.ts";
import { TERMINAL } from "../command_line/terminal/confirm.ts";
import { StatusLine } from "../command_line/terminal/status_line.ts";
import type { Config } from "../config/config.ts";
import { discover, loadWorker } from "../engine/host/discovery.ts";
import type { Report } from "../engine/report.ts";
import { type ShardFunction, shardOf } from "../engine/host/shards.ts";
import { redactText } from "../errors/redact.ts";
import type { ClockReading } from "../system/clock_reading.ts";
import { Interruption } from "../system/interruption.ts";
import { operatorName } from "../system/operator.ts";
import { printError, printLine, readInput } from "../system/standard_streams.ts";
import { visible } from "../errors/visible.ts";
import { openBroker } from "./open_broker.ts";
import type { EventInput } from "./publish/publish.ts";
import { Progress } from "./publish/progress.ts";
import type { KnownQueue, Services, WorkerTrial } from "./services.ts";

const STDIN = 0;
/** How long the file of the embedded broker is checked. */
const CHECK_SECONDS = 10;

/** The services of a program that was started from a command line. */
export class SystemServices implements Services {
  /** @inheritdoc */
  listQueues(workersDir?: string): Promise<readonly KnownQueue[]> {
    const { files, problems } = discover(workersDir);
    for (const { message } of problems) this.warn(message);
    return Promise.resolve(files);
  }

  /** @inheritdoc */
  async shardFunction(queue: KnownQueue): Promise<ShardFunction | undefined> {
    return shardOf(await loadWorker(queue));
  }

  /** @inheritdoc */
  async tryWorker(file: KnownQueue, config: Config): Promise<WorkerTrial> {
    const { loadInThread } = await import("../engine/thread/trial.ts");
    return await loadInThread(file, config);
  }

  /** @inheritdoc */
  async openBroker(config: Config, name: string): Promise<Broker> {
    return await openBroker(config, { name, report: (report) => this.#show(report) });
  }

  /** @inheritdoc */
  async checkEmbedded({ stateDir }: Config): Promise<string | undefined> {
    const { checkFile } = await import("../engine/broker/sqlite/check.ts");
    const { isDone, pages, of } = checkFile(stateDir, CHECK_SECONDS);
    if (isDone) return undefined;
    return `the check of its file was not finished in ${CHECK_SECONDS} s: ${pages} of ${of} pages`;
  }

  /** @inheritdoc */
  async tryDatabase({ databaseUrl }: Config): Promise<readonly string[]> {
    const { inspectDatabase, willBeMade } = await import("../domain/database/database.ts");
    return willBeMade(databaseUrl) ? [] : await inspectDatabase(databaseUrl);
  }

  /** @inheritdoc */
  async databaseClock({ databaseUrl }: Config): Promise<ClockReading | undefined> {
    const { databaseClock } = await import("../domain/database/clock.ts");
    return await databaseClock(databaseUrl);
  }

  /** @inheritdoc */
  readonly operator = operatorName();

  /** @inheritdoc */
  readonly asking = TERMINAL;

  /** @inheritdoc */
  interruption(): Interruption {
    return new Interruption();
  }

  /** @inheritdoc */
  statusLine(): StatusLine {
    const isShown = Deno.stderr.isTerminal();
    const encoder = new TextEncoder();
    return new StatusLine((text) => {
      if (isShown) Deno.stderr.writeSync(encoder.encode(text));
    });
  }

  /** @inheritdoc */
  print(line: string): void {
    printLine(line);
  }

  /** @inheritdoc */
  warn(line: string): void {
    printError(visible(`process-queue: ${line}`));
  }

  /** Shows only warnings and errors of the connection. */
  #show(report: Report): void {
    if (report.kind !== "notice") return;
    if (report.level === "warning" || report.level === "error") this.warn(sentenceOf(report));
  }
}

/** The standard input, with a progress line if standard error is a terminal. */
export function standardInput(warn: (line: string) => void): EventInput {
  if (Deno.stdin.isTerminal()) {
    warn("reading events from the keyboard, one JSON object a line; Ctrl-D ends them");
  }
  const isShown = Deno.stderr.isTerminal() && !Deno.stdin.isTerminal();
  const encoder = new TextEncoder();
  const write = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
  return {
    bytes: readInput(),
    progress: isShown ? new Progress(write, inputSize()) : undefined,
  };
}

/** The size of the input where it is a file. */
function inputSize(): number | undefined {
  const stat = fstatSync(STDIN);
  return stat.isFile() ? stat.size : undefined;
}

function sentenceOf({ message, properties = {} }: Extract<Report, { kind: "notice" }>): string {
  const filled = message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    return name in properties ? String(properties[name]) : whole;
  });
  return redactText(filled);
}
