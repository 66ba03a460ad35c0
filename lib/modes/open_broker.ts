/**
 * From the configuration to a broker.
 *
 * @module
 */

import type { Broker } from "../engine/broker/broker.ts";
import type { RabbitmqOptions } from "../engine/broker/rabbitmq/options.ts";
import type { SqliteBrokerOptions } from "../engine/broker/sqlite/sqlite.ts";
import type { Config } from "../config/config.ts";
import { notice, type NoticeReport, type Reporter } from "../engine/report.ts";
import { VERSION } from "../system/version.ts";
import { readTlsFiles } from "./tls_files.ts";

/** Opens brokers; each is loaded when it is needed. */
export interface Brokers {
  rabbitmq(options: RabbitmqOptions): Promise<Broker>;
  embedded(options: SqliteBrokerOptions): Promise<Broker>;
}

/** What a broker is opened for. */
export interface Connection {
  /** What the connections are called in RabbitMQ's lists. */
  readonly name: string;
  /** Takes their reports. */
  readonly report: Reporter;
  /** The process runs queues, and nobody watches: the log is no terminal. @default {false} */
  readonly isAlone?: boolean;
}

const BROKERS: Brokers = {
  async rabbitmq(options) {
    const { openRabbitmq } = await import("../engine/broker/rabbitmq/rabbitmq.ts");
    return await openRabbitmq(options);
  },
  async embedded(options) {
    const { openSqliteBroker } = await import("../engine/broker/sqlite/sqlite.ts");
    return await openSqliteBroker(options);
  },
};

/** Zulip's own text. */
const NOT_USING_RABBITMQ = "Cannot run a queue processor when USING_RABBITMQ is False!";

/** The application runs its events itself (`USING_RABBITMQ=false`). */
export class NotUsingRabbitmqError extends Error {
  override readonly name = "NotUsingRabbitmqError";
  /** The message is Zulip's. */
  constructor() {
    super(NOT_USING_RABBITMQ);
  }
}

/**
 * Opens the broker of the configuration: RabbitMQ, or where none is configured the embedded one in
 * `STATE_DIR`, which a log line says.
 *
 * @param brokers How brokers are opened.
 * @throws {NotUsingRabbitmqError} When `USING_RABBITMQ` is false.
 * @throws {ConfigError} When `AMQP_CA_FILE`, `AMQP_CERT_FILE` or `AMQP_KEY_FILE` cannot be used.
 * @throws {BrokerError} When it cannot be used.
 */
export async function openBroker(
  config: Pick<Config, "broker" | "usingRabbitmq" | "stateDir">,
  { name, report, isAlone = false }: Connection,
  brokers: Brokers = BROKERS,
): Promise<Broker> {
  if (!config.usingRabbitmq) throw new NotUsingRabbitmqError();
  const { kind: _kind, url, caFile, certFile, keyFile, ...rest } = config.broker;
  if (url === undefined) {
    report(embeddedNotice(config, isAlone));
    return await brokers.embedded({ stateDir: config.stateDir, report, version: VERSION });
  }
  const files = readTlsFiles({ caFile, certFile, keyFile });
  return await brokers.rabbitmq({ url, ...files, ...rest, name, report, version: VERSION });
}

/** Nobody may see an info line of a process that nobody watches. */
function embeddedNotice(
  { broker: { kind }, stateDir }: Pick<Config, "broker" | "stateDir">,
  isAlone: boolean,
): NoticeReport {
  const properties = { folder: stateDir };
  if (kind === "embedded") {
    const message = "BROKER is embedded: events are kept in the embedded broker, in {folder}";
    return notice("info", undefined, message, { properties });
  }
  const message = "AMQP_URL is not set: events are kept in the embedded broker, in {folder}. Set " +
    "AMQP_URL, or BROKER=embedded if this is meant";
  return notice(isAlone ? "warning" : "info", undefined, message, { properties });
}
