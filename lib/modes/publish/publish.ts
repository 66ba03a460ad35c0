/**
 * `process-queue publish`: one event, or those on the standard input, to a queue.
 *
 * @module
 */

import type { Broker } from "../../engine/broker/broker.ts";
import type { PublishCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { queueKey } from "../../config/queue_key.ts";
import { queueNameProblems } from "../../config/queues.ts";
import { publishEvent } from "../../engine/broker/publish.ts";
import { type ShardFunction, shardQueue, unsharded } from "../../engine/host/shards.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { counted } from "../../errors/counted.ts";
import { didYouMean } from "../../errors/spelling.ts";
import { unknownQueue, UsageError } from "../../errors/usage_error.ts";
import { StreamError } from "../../system/standard_streams.ts";
import { tlsFileProblems } from "../tls_files.ts";
import { requireSafeWorkers, requireWorkersFlag } from "../folders.ts";
import { embeddedPlace } from "../place.ts";
import { ConfirmWindow } from "../../engine/broker/confirm_window.ts";
import { type Line, LineError, parseEvent, readLines } from "./lines.ts";
import type { Progress } from "./progress.ts";
import { findQueue, type Services } from "../services.ts";
import { publishSaved } from "./saved.ts";
import { PublishError } from "./publish_error.ts";

/** The source of events when none is on the command line. */
export interface EventInput {
  /** JSON objects, one a line. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Shows how far it has come; only on a terminal. */
  readonly progress?: Pick<Progress, "update" | "end"> | undefined;
}

/**
 * Publishes the event of the command, or all of the input, and prints how many there were.
 *
 * @param openInput Called when the events are not on the command line.
 * @returns The exit code 0.
 * @throws {UsageError} For a queue without a worker, or an event that is no JSON object.
 * @throws {ConfigError} With everything that is wrong with the configuration, or with the folder of
 * workers alone.
 * @throws {StreamError} When the standard input cannot be read, and nothing was published.
 * @throws {PublishError} For what cannot be published; all lines before it were.
 * @throws {BrokerError} When the broker cannot be used.
 */
export async function runPublish(
  command: PublishCommand,
  config: Config,
  services: Services,
  openInput: () => EventInput,
): Promise<number> {
  requireWorkersFlag(config);
  requireSafeWorkers(config);
  const queueOf = await queueChooser(command, config, services);
  const event = command.event?.trim();
  if (event !== undefined) checkArgument(event, queueOf);
  await using broker = await services.openBroker(config, `process-queue publish ${command.queue}`);
  if (command.from !== undefined) return await publishSaved(broker, command, config, services);
  const input = event === undefined ? openInput() : undefined;
  const lines = input
    ? readLines(input.bytes, config.limits.maxEventBytes)
    : [{ number: 1, text: event ?? "", offset: 0 }];
  const publishing = new Publishing(broker, command, queueOf, input?.progress);
  const count = await publishing.run(lines);
  const empty = count === 0 ? ", as the standard input had no event" : "";
  const place = embeddedPlace(config);
  const later = command.delaySeconds === undefined
    ? ""
    : `, to run in ${counted(command.delaySeconds, "second")}`;
  services.print(
    `published ${counted(count, "event")} to ${command.queue}${later}${empty}${place}`,
  );
  return 0;
}

type QueueChooser = (event: unknown) => string;

/** Makes what says to which queue an event goes; the queue itself, unless it has shards. */
async function queueChooser(
  { queue, anyQueue }: PublishCommand,
  config: Config,
  services: Services,
): Promise<QueueChooser> {
  const known = await services.listQueues(config.workersDir);
  const problems = [
    ...config.problems,
    ...queueNameProblems(config, known.map(({ name }) => name)),
    ...tlsFileProblems(config),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  if (anyQueue && !known.some(({ name }) => name === unsharded(queue))) return () => queue;
  const worker = findQueue(queue, known) ?? refuse(queue, known.map(({ name }) => name));
  const shards = config.shards.get(queueKey(queue));
  if (worker.name !== queue || shards === undefined) return () => queue;
  const shard: ShardFunction | undefined = await services.shardFunction(worker);
  return (event) => shardQueue(queue, event, shards, shard);
}

function refuse(queue: string, known: readonly string[]): never {
  const isFailed = known.some((name) => failedQueueName(name) === queue);
  const near = isFailed ? "" : didYouMean(queue, known);
  const hint = near || "; to publish to it nevertheless, add --any-queue";
  throw unknownQueue(queue, known, hint);
}

function checkArgument(text: string, queueOf: QueueChooser): void {
  try {
    queueOf(parseEvent(text));
  } catch (error) {
    if (error instanceof LineError) throw new UsageError(`the event is ${error.message}`);
    throw new PublishError(messageOf(error), { cause: error });
  }
}

/** One run over the lines. */
class Publishing {
  readonly #broker: Broker;
  readonly #command: PublishCommand;
  readonly #queueOf: QueueChooser;
  readonly #progress: EventInput["progress"];
  readonly #window: ConfirmWindow;
  readonly #started = new Set<string>();

  constructor(
    broker: Broker,
    command: PublishCommand,
    queueOf: QueueChooser,
    progress: EventInput["progress"],
  ) {
    this.#broker = broker;
    this.#command = command;
    this.#queueOf = queueOf;
    this.#progress = progress;
    this.#window = new ConfirmWindow(command.window);
  }

  /** Publishes them. @returns How many there were, all of them confirmed. */
  async run(lines: AsyncIterable<Line> | Iterable<Line>): Promise<number> {
    try {
      for await (const line of lines) await this.#publish(line);
      await this.#window.drain();
      return this.#window.confirmed;
    } catch (error) {
      await this.#window.end();
      throw this.#stopped(error);
    } finally {
      this.#progress?.end();
    }
  }

  async #publish({ number, text, offset }: Line): Promise<void> {
    const queue = atLine(number, () => this.#queueOf(parseEvent(text)));
    await this.#window.add(async () => {
      try {
        await publishEvent(this.#broker, queue, text, { delaySeconds: this.#command.delaySeconds });
      } catch (error) {
        throw new LineError(`line ${number}: ${messageOf(error)}`, { cause: error });
      }
    });
    // The first event of a queue may have to wait for it to be made; none is to overtake it.
    if (!this.#started.has(queue)) await this.#window.drain();
    this.#started.add(queue);
    this.#progress?.update(this.#window.confirmed, offset);
  }

  get #published(): string {
    return `published ${counted(this.#window.confirmed, "event")} to ${this.#command.queue}`;
  }

  #stopped(error: unknown): unknown {
    if (error instanceof StreamError && this.#window.confirmed > 0) {
      return new PublishError(`${error.message}\n${this.#published} before that`, { cause: error });
    }
    if (!(error instanceof LineError)) return error;
    if (this.#command.event !== undefined) return error.cause ?? error;
    // While one is refused, those behind it in the window may be confirmed.
    const which = error.cause === undefined ? "before that" : "in all";
    return new PublishError(`${error.message}\n${this.#published} ${which}`, { cause: error });
  }
}

function atLine<T>(number: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new LineError(`line ${number}: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
