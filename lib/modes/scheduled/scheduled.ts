/**
 * `process-queue deliver-scheduled-emails`: publishes the mails that Zulip has written down for
 * later, when they are due.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { DeliverScheduledCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { describeDatabase } from "../../domain/database/address.ts";
import { openDatabase, willBeMade } from "../../domain/database/database.ts";
import { SCHEDULED_QUEUE } from "../../domain/mail/scheduled.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { publishEvent } from "../../engine/broker/publish.ts";
import { toJson } from "../../json/to_json.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { unlessAborted, within } from "../../system/deadline.ts";
import { takeLock } from "../../system/lock_option.ts";
import { OpenedOnce } from "../../system/opened_once.ts";
import { EXIT, type Signals } from "../../system/signals.ts";
import { Service } from "../../system/systemd.ts";
import { log } from "../log_line.ts";
import { openBroker } from "../open_broker.ts";
import { Stop } from "../stop.ts";
import { Deliverer } from "./deliverer.ts";

/** The time between two passes, in ms: Zulip's. */
const PAUSE_MS = 10_000;
/** How long the end waits for the database, in ms. */
const CLOSE_MS = 2000;

/** The process that delivers. */
export interface ScheduledProcess {
  /** Writes a line to standard output, whatever the level of the log. */
  print(line: string): void;
  /** The requests of signals. */
  readonly signals: Pick<Signals, "handOver">;
}

/**
 * Delivers scheduled mails until a signal ends it, or with `--once` what is due now.
 *
 * @returns The exit code; with `--once` 1 when a mail could not be read or published.
 * @throws {BrokerError} When the broker refuses at the start, or with `--once` is away.
 * @throws {DatabaseError} With `--once`, when the database cannot be used.
 * @throws {UsageError} When the file of `--lock` cannot be opened.
 */
export async function runDeliverScheduled(
  command: Pick<DeliverScheduledCommand, "once" | "lock">,
  config: Config,
  { print, signals }: ScheduledProcess,
): Promise<number> {
  using lock = command.lock === undefined ? undefined : takeLock(command.lock);
  if (command.lock !== undefined && !lock) {
    print(`Another process holds ${command.lock}: nothing to do`);
    return EXIT.stopped;
  }
  const stop = new Stop(signals);
  const opening = open(command, config);
  const broker = await unlessAborted(opening, stop.signal);
  if (!broker) {
    opening.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
    return stop.code;
  }
  try {
    void broker.failure?.then(() => stop.end(EXIT.failed));
    return await deliver(command, config, broker, stop);
  } finally {
    await broker[Symbol.asyncDispose]();
  }
}

/** Delivers until it is asked to end, or with `--once` until nothing is due. @returns The exit code. */
async function deliver(
  { once: isOnce }: Pick<DeliverScheduledCommand, "once">,
  config: Config,
  broker: Broker,
  stop: Stop,
): Promise<number> {
  const database = new OpenedOnce(() => openDatabase(config.databaseUrl));
  const deliverer = new Deliverer({
    database: () => database.get(),
    publish: (queue, event, { id } = {}) => publishEvent(broker, queue, toJson(event), { id }),
    log,
  });
  try {
    const work = isOnce
      ? once(deliverer, config, stop.signal)
      : loop(deliverer, config, stop.signal);
    const stopped = unlessAborted(work, stop.signal, config.stopGraceSeconds * 1000);
    const code = await unlessAborted(stopped, stop.hurry);
    return stop.signal.aborted ? stop.code : code ?? stop.code;
  } finally {
    await within(CLOSE_MS, database[Symbol.asyncDispose]());
  }
}

/** With `--once` a broker that is away is an error; else it is waited for. */
async function open(
  { once }: Pick<DeliverScheduledCommand, "once">,
  config: Config,
): Promise<Broker> {
  const name = `process-queue deliver-scheduled-emails ${Deno.hostname()}:${Deno.pid}`;
  const settings = once ? { ...config, broker: { ...config.broker, waitSeconds: 0 } } : config;
  return await openBroker(settings, {
    name,
    report: logReporter(0),
    isAlone: !Deno.stderr.isTerminal(),
  });
}

async function once(
  deliverer: Deliverer,
  { databaseUrl }: Config,
  signal: AbortSignal,
): Promise<number> {
  const isNew = willBeMade(databaseUrl);
  await deliverer.pass(signal);
  if (isNew) {
    const message = "The database {database} did not exist and was made now, so it has no " +
      "scheduled mails: set DATABASE_URL to the database that Zulip writes them into";
    log("warning", message, { database: describeDatabase(databaseUrl) });
  }
  return deliverer.troubles > 0 ? EXIT.failed : EXIT.stopped;
}

async function loop(
  deliverer: Deliverer,
  { databaseUrl }: Config,
  signal: AbortSignal,
): Promise<number> {
  using service = Service.open(Deno.env.toObject());
  log("info", "Scheduled mails of the database {database} are delivered to the queue {to}", {
    database: describeDatabase(databaseUrl),
    to: SCHEDULED_QUEUE,
  });
  service?.ready();
  while (!signal.aborted) {
    await deliverer.tryPass(signal);
    await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
  service?.stopping();
  log("info", "No more scheduled mails are delivered: the process ends", {});
  return EXIT.stopped;
}
