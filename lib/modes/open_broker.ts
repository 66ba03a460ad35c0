/**
 * From the configuration to a broker.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { RabbitmqOptions } from "../broker/rabbitmq.ts";
import { type Config, ConfigError } from "../config.ts";
import type { Reporter } from "../monitoring/report.ts";
import { VERSION } from "../version.ts";

/** Connects to RabbitMQ. */
export type Connect = (options: RabbitmqOptions) => Promise<Broker>;

/** Zulip's own text. */
const NOT_USING_RABBITMQ = "Cannot run a queue processor when USING_RABBITMQ is False!";

/** The queues of this program are not used at all (`USING_RABBITMQ=false`). */
export class NotUsingRabbitmqError extends Error {
  override readonly name = "NotUsingRabbitmqError";
  /** The message is Zulip's. */
  constructor() {
    super(NOT_USING_RABBITMQ);
  }
}

/**
 * Connects to the broker of the configuration.
 *
 * @param connection `name`: what the connections are called in RabbitMQ's lists; `report`: takes
 * what they have to say.
 * @param connect Makes the connection. @default {to RabbitMQ, loaded when it is needed}
 * @throws {NotUsingRabbitmqError} When `USING_RABBITMQ` is false.
 * @throws {ConfigError} When no broker is configured, or `AMQP_CA_FILE` cannot be read.
 * @throws {BrokerError} When it cannot be used.
 */
export async function openBroker(
  config: Pick<Config, "broker" | "usingRabbitmq">,
  connection: { readonly name: string; readonly report: Reporter },
  connect: Connect = connectRabbitmq,
): Promise<Broker> {
  if (!config.usingRabbitmq) throw new NotUsingRabbitmqError();
  const { url, caFile, ...rest } = config.broker;
  if (url === undefined) throw noBroker();
  const ca = caFile === undefined ? undefined : await readCa(caFile);
  return await connect({ url, ca, ...rest, ...connection, version: VERSION });
}

async function connectRabbitmq(options: RabbitmqOptions): Promise<Broker> {
  const { openRabbitmq } = await import("../broker/rabbitmq.ts");
  return await openRabbitmq(options);
}

async function readCa(path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badCa(`${path} cannot be read: ${why}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw badCa(`there is no certificate in PEM format in ${path}`);
}

function badCa(wrong: string): ConfigError {
  const fix = "set it to a file with the certificate of the authority that signed RabbitMQ's own";
  return new ConfigError([{ setting: "AMQP_CA_FILE", wrong, fix }]);
}

function noBroker(): ConfigError {
  return new ConfigError([{
    setting: "AMQP_URL",
    wrong: "it is not set, so there is no broker to take events from",
    fix: "set it to amqp://user:password@host:5672/vhost, or set RABBITMQ_HOST, " +
      "RABBITMQ_USERNAME and RABBITMQ_PASSWORD",
  }]);
}
