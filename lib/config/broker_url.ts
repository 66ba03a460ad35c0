/**
 * The broker's URL, from `AMQP_URL` or from Zulip's `RABBITMQ_…` settings.
 *
 * @module
 */

import { isIPv6 } from "node:net";
import { splitAddresses } from "./broker_addresses.ts";
import type { Problem } from "./problem.ts";
import type { SettingsReader } from "./reader.ts";
import { FLAG_NAMES } from "./setting.ts";
import { BROKER, type BrokerKind } from "./broker_settings.ts";

/** The parts of an AMQP URL, not encoded. */
export interface BrokerAddress {
  readonly host: string;
  /** @default {5672, or 5671 with TLS} */
  readonly port: number | undefined;
  readonly vhost: string;
  readonly username: string;
  readonly password: string;
  readonly useTls: boolean;
}

const ZULIPS = [
  BROKER.host,
  BROKER.port,
  BROKER.vhost,
  BROKER.username,
  BROKER.password,
  BROKER.useTls,
] as const;

const TLS_FILES = [BROKER.caFile, BROKER.certFile, BROKER.keyFile] as const;

/**
 * The URL; `undefined` where no setting gives it, `BROKER` is `embedded`, or a setting is wrong and so
 * among the reader's problems.
 *
 * @param kind The value of `BROKER`.
 */
export function brokerUrl(reader: SettingsReader, kind?: BrokerKind): string | undefined {
  if (kind === "embedded") return embedded(reader);
  const problemsBefore = reader.problems.length;
  const url = configuredUrl(reader);
  const isMissing = url === undefined && reader.problems.length === problemsBefore;
  if (kind === "rabbitmq" && isMissing) reportMissing(reader);
  return url;
}

function embedded(reader: SettingsReader): undefined {
  if (reader.hasFlag(BROKER.amqpUrl)) reportContradiction(reader);
  return undefined;
}

function configuredUrl(reader: SettingsReader): string | undefined {
  if (reader.isEmpty(BROKER.amqpUrl)) reportEmpty(reader);
  const zulips = ZULIPS.filter((setting) => reader.has(setting)).map(({ name }) => name);
  if (reader.hasFlag(BROKER.amqpUrl)) return checkedUrl(reader);
  if (reader.has(BROKER.amqpUrl)) {
    if (zulips.length > 0) reportBoth(reader, zulips);
    return checkedUrl(reader);
  }
  return zulips.length > 0 ? urlFromParts(reader) : reader.readOptional(BROKER.amqpUrl);
}

/** Reports whether a problem makes the address of RabbitMQ unknown. */
export function isOfBrokerUrl({ setting }: Problem): boolean {
  const names = [BROKER.kind, BROKER.amqpUrl, ...ZULIPS, ...TLS_FILES].map(({ name }) =>
    name as string
  );
  return [...names, FLAG_NAMES.amqpUrl].includes(setting);
}

/** The URL of an address; user, password and virtual host are percent-encoded. */
export function formatUrl(address: BrokerAddress): string {
  const { host, useTls, port = useTls ? 5671 : 5672 } = address;
  const [username, password, vhost] = [address.username, address.password, address.vhost]
    .map(percentEncoded);
  const scheme = useTls ? "amqps" : "amqp";
  const hostname = isIPv6(host) ? `[${host}]` : host;
  return `${scheme}://${username}:${password}@${hostname}:${port}/${vhost}`;
}

function checkedUrl(reader: SettingsReader): string | undefined {
  const url = reader.readOptional(BROKER.amqpUrl);
  if (url === undefined) return undefined;
  const useTls = splitAddresses(url).some((address) => address.startsWith("amqps:"));
  checkTlsFiles(reader, useTls, "use amqps:// in AMQP_URL");
  return url;
}

function urlFromParts(reader: SettingsReader): string | undefined {
  const problemsBefore = reader.problems.length;
  const address = {
    host: reader.read(BROKER.host),
    port: reader.readOptional(BROKER.port),
    vhost: reader.read(BROKER.vhost),
    username: reader.read(BROKER.username),
    password: reader.readOptional(BROKER.password) ?? "",
    useTls: reader.read(BROKER.useTls),
  };
  if (address.password === "") reportNoPassword(reader);
  checkTlsFiles(reader, address.useTls, "set RABBITMQ_USE_TLS=true");
  return reader.problems.length > problemsBefore ? undefined : formatUrl(address);
}

function reportContradiction(reader: SettingsReader): void {
  reader.problems.push({
    setting: FLAG_NAMES.amqpUrl,
    wrong: "it is given, and BROKER is embedded",
    fix: "remove one of the two",
  });
}

/** A variable that a script failed to fill in must not select the embedded broker. */
function reportEmpty(reader: SettingsReader): void {
  reader.problems.push({
    setting: BROKER.amqpUrl.name,
    wrong: "it is set and empty",
    fix: "set it to RabbitMQ's address, or unset it; BROKER=embedded selects the embedded broker",
  });
}

function reportMissing(reader: SettingsReader): void {
  reader.problems.push({
    setting: BROKER.kind.name,
    wrong: "it is rabbitmq, and no setting says where RabbitMQ is",
    fix: "set AMQP_URL to its address",
  });
}

function reportBoth(reader: SettingsReader, zulips: readonly string[]): void {
  reader.problems.push({
    setting: BROKER.amqpUrl.name,
    wrong: `it is set, and so ${zulips.length > 1 ? "are" : "is"} ${zulips.join(", ")}`,
    fix: "say where RabbitMQ is in one way only: keep AMQP_URL, or the RABBITMQ_… settings",
  });
}

function reportNoPassword(reader: SettingsReader): void {
  reader.problems.push({
    setting: BROKER.password.name,
    wrong: "it is not set, and other RABBITMQ_… settings are",
    fix: "set it to the password of the RabbitMQ user",
  });
}

function checkTlsFiles(reader: SettingsReader, useTls: boolean, fix: string): void {
  const given = TLS_FILES.filter((setting) => reader.has(setting)).map(({ name }) => name);
  const wrong = "it is set, and the connection to RabbitMQ does not use TLS";
  const unused = useTls ? [] : given;
  reader.problems.push(
    ...unused.map((setting) => ({ setting, wrong, fix: `${fix}, or remove it` })),
  );
  const [cert, key] = [BROKER.certFile.name, BROKER.keyFile.name];
  if (given.includes(cert) !== given.includes(key)) {
    const [setting, other] = given.includes(cert) ? [cert, key] : [key, cert];
    reader.problems.push({ setting, wrong: `it is set without ${other}`, fix: "set both" });
  }
}

/** `encodeURIComponent`, and what else RFC 3986 reserves; hexadecimal digits in lower case. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}
