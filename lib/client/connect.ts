/**
 * Connects to the broker that a URL or a path names.
 *
 * @module
 */

import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { splitAddresses } from "../config/broker_addresses.ts";
import { maskUrl } from "../config/mask.ts";
import { type Broker, BrokerError } from "../engine/broker/broker.ts";
import type { ConnectionNames } from "../engine/broker/rabbitmq/connect_errors.ts";
import type { Report } from "../engine/report.ts";
import { BrokerClient, type Client, ClientError } from "./client.ts";

/** How a client connects and publishes. */
export interface ConnectOptions {
  /** The most events that are published and not confirmed. @default {1000} */
  readonly window?: number;
  /**
   * Seconds that one event may take, from its turn to its confirmation, also while there is no
   * connection; at most 86400. @default {30}
   */
  readonly timeoutSeconds?: number;
  /** Seconds to wait for a first connection to RabbitMQ, at most 86400. @default {10} */
  readonly waitSeconds?: number;
  /** Whether a queue that is not there is declared: durable, as the workers do. @default {false} */
  readonly declare?: boolean;
  /** The certificate of the authority that signed RabbitMQ's, in PEM. @default {the system's} */
  readonly ca?: string;
  /** A certificate of this client, in PEM. @default {none} */
  readonly cert?: string;
  /** The key of that certificate, in PEM. */
  readonly key?: string;
  /** The name of the connections in RabbitMQ's lists. @default {"process-queue client"} */
  readonly name?: string;
  /** Takes what happens to the connection, one sentence a call. @default {none} */
  readonly onNotice?: (level: "debug" | "info" | "warning" | "error", message: string) => void;
}

/** The longest that a client waits: a day. */
const MOST_SECONDS = 86_400;
/** The file of the embedded broker. */
const FILE = "broker.sqlite";

/**
 * Connects to a broker.
 *
 * @param url `amqp://` or `amqps://` with user, password and virtual host, several of one cluster with
 * commas between them; or the folder of the embedded broker (`STATE_DIR`), as a path or a `file:` URL,
 * which needs Deno.
 * @throws {ClientError} When there is no connection; the message names the URL, without its password.
 * @throws {RangeError} For an option that is not valid; the message names it.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const { window = 1000, timeoutSeconds = 30, waitSeconds = 10, declare = false } = options;
  if (!(Number.isInteger(window) && window >= 1)) {
    throw new RangeError(`window is ${window}: give a whole number from 1 on`);
  }
  checkSeconds("timeoutSeconds", timeoutSeconds, timeoutSeconds > 0);
  checkSeconds("waitSeconds", waitSeconds, waitSeconds >= 0);
  try {
    const broker = await openBroker(url, options);
    return new BrokerClient({ broker, window, declare, timeoutSeconds });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new ClientError(error.kind, error.message, { cause: error });
  }
}

/** Refuses what no timer can wait for, Infinity too. */
function checkSeconds(name: string, seconds: number, isEnough: boolean): void {
  if (isEnough && seconds <= MOST_SECONDS) return;
  const least = name === "waitSeconds" ? "from 0" : "above 0";
  throw new RangeError(`${name} is ${seconds}: give seconds ${least}, at most ${MOST_SECONDS}`);
}

async function openBroker(url: string, options: ConnectOptions): Promise<Broker> {
  if (splitAddresses(url).every((each) => /^amqps?:\/\//.test(each))) {
    return await openAmqp(url, options);
  }
  const isFile = url.startsWith("file:");
  if (!isFile && /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url === "") {
    throw new ClientError(
      "unreachable",
      `${
        maskUrl(url) || "An empty text"
      } is no address of a broker: give amqp://, amqps://, or the ` +
        "folder of the embedded broker",
    );
  }
  return await openEmbedded(isFile ? fileURLToPath(url) : resolve(url), options);
}

async function openAmqp(url: string, options: ConnectOptions): Promise<Broker> {
  const shown = maskUrl(url);
  const wrong = splitAddresses(url).find((each) => !URL.canParse(each));
  if (wrong !== undefined) {
    throw new ClientError(
      "unreachable",
      `${
        maskUrl(wrong)
      } is no URL: percent-encode what is not a letter or digit in user, password ` +
        "and virtual host",
    );
  }
  const { openRabbitmq } = await import("../engine/broker/rabbitmq/rabbitmq.ts");
  const { waitSeconds = 10, timeoutSeconds, name = "process-queue client", ca, cert, key } =
    options;
  return await openRabbitmq({
    url,
    ca,
    cert,
    key,
    name,
    waitSeconds,
    ...(timeoutSeconds === undefined ? {} : { publishTimeoutSeconds: timeoutSeconds }),
    names: namesFor(shown),
    report: reportTo(options),
  });
}

/** What messages call what was given to {@linkcode connect}. */
function namesFor(url: string): ConnectionNames {
  return {
    url,
    host: url,
    hostAndPort: url,
    login: url,
    vhost: url,
    caFile: "the option ca",
    certFile: "the option cert",
    keyFile: "the option key",
  };
}

async function openEmbedded(path: string, options: ConnectOptions): Promise<Broker> {
  const stateDir = path.endsWith(`/${FILE}`) ? dirname(path) : path;
  if (!("Deno" in globalThis)) {
    throw new ClientError(
      "unreachable",
      `The embedded broker in ${stateDir} can be used by Deno only: give the URL of RabbitMQ`,
    );
  }
  if (!existsSync(stateDir) || !statSync(stateDir).isDirectory()) {
    throw new ClientError(
      "unreachable",
      `There is no folder ${stateDir}: give the folder of the embedded broker, which is STATE_DIR of ` +
        "the program that runs the workers",
    );
  }
  const { openSqliteBroker } = await import("../engine/broker/sqlite/sqlite.ts");
  return await openSqliteBroker({ stateDir, report: reportTo(options) });
}

function reportTo({ onNotice }: ConnectOptions): (report: Report) => void {
  return (report) => {
    if (report.kind !== "notice") return;
    const { message, properties = {}, level } = report;
    const text = message.replace(/\{(\w+)\}/g, (whole, name: string) => {
      return name in properties ? String(properties[name]) : whole;
    });
    onNotice?.(level, text);
  };
}
