/**
 * What decides about recipients and hands mails on, put together by the configuration: for the
 * server and for the pipe.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import { openDatabase } from "../../domain/database/database.ts";
import type { Database } from "../../domain/database/tables.ts";
import { smtpSettings } from "../../domain/mail/configured.ts";
import { MailTransport } from "../../domain/mail/transport.ts";
import type { GatewayPatterns } from "../../domain/mirror/address.ts";
import { withoutPort } from "../../domain/users/realm_host.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { publishEvent } from "../../engine/broker/publish.ts";
import { toJson } from "../../json/to_json.ts";
import { within } from "../../system/deadline.ts";
import { OpenedOnce } from "../../system/opened_once.ts";
import type { LogLine } from "../log_line.ts";
import { Delivery } from "./delivery.ts";
import { lookUp } from "./lookup.ts";
import { mostBytes } from "./mail_rules.ts";
import { Postmaster } from "./postmaster.ts";
import { type RateRule, RealmRates } from "./realm_rates.ts";
import { isPostmaster, Recipients } from "./recipients.ts";
import { REPLY, type Reply } from "./replies.ts";

/** How long the end waits for the database and the SMTP server, in ms. */
const CLOSE_MS = 2000;

/** The parts. Dispose them at the end. */
export class MirrorParts implements AsyncDisposable {
  /** What the server calls itself. */
  readonly name: string;
  /** The largest mail, in bytes. */
  readonly maxBytes: number;
  /** Decides about recipients. */
  readonly recipients: Recipients;
  readonly #config: Config;
  readonly #log: LogLine;
  readonly #rates: RealmRates;
  readonly #database: OpenedOnce<Database>;
  readonly #transport: MailTransport | undefined;
  #isDatabaseLost = false;

  /**
   * Opens nothing yet.
   *
   * @param rules The most mails for one organization.
   * @throws {ConfigError} When a setting keeps every mail from being taken.
   * @throws {MailSettingError} When a file that a setting of EMAIL_HOST names cannot be used.
   */
  constructor(config: Config, rules: readonly RateRule[], log: LogLine) {
    this.#config = config;
    this.#log = log;
    this.name = withoutPort(config.site.externalHost);
    this.maxBytes = mostBytes(config.mirrorServer.maxBytes, config.limits.maxEventBytes);
    const patterns = requirePatterns(config);
    requireRoom(this.maxBytes);
    if (isPostmaster(config.mirrorServer.postmaster, patterns)) throw postmasterLoop();
    this.#rates = new RealmRates(rules);
    this.#database = new OpenedOnce(() => openDatabase(config.databaseUrl));
    this.#transport = config.mail.host === undefined
      ? undefined
      : new MailTransport(smtpSettings(config));
    this.recipients = new Recipients({
      ...{ patterns, rates: this.#rates, forwardsPostmaster: this.forwardsPostmaster },
      lookUp: async (address) => await lookUp(await this.#database.get(), address),
      onDatabase: (reason) => this.#noteDatabase(reason),
    });
  }

  /** Whether mail to postmaster can be forwarded. */
  get forwardsPostmaster(): boolean {
    return this.#transport !== undefined;
  }

  /** What hands mails on to a broker. */
  delivery(broker: Broker): Delivery {
    return new Delivery({
      publish: (queue, event, id) => publishEvent(broker, queue, toJson(event), { id }),
      forward: this.#forwarder(),
      rates: this.#rates,
      answerMs: this.#config.broker.publishTimeoutSeconds * 1000,
      log: this.#log,
    });
  }

  /** Closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [this.#database[Symbol.asyncDispose](), this.#transport?.close()];
    await within(CLOSE_MS, Promise.all(closing));
  }

  #forwarder(): (mail: Uint8Array) => Promise<Reply> {
    const transport = this.#transport;
    if (!transport) return () => Promise.resolve(REPLY.noPostmaster);
    const { mirrorServer, mail, site } = this.#config;
    const postmaster = new Postmaster({
      ...{ to: mirrorServer.postmaster, noReply: mail.noreplyAddress },
      ...{ name: this.name, timeZone: site.timeZone, log: this.#log },
      send: (mail, signal) => transport.send(mail, signal),
    });
    return (mail) => postmaster.forward(mail);
  }

  #noteDatabase(reason: string | undefined): void {
    const isLost = reason !== undefined;
    if (isLost === this.#isDatabaseLost) return;
    this.#isDatabaseLost = isLost;
    if (!isLost) return this.#log("info", "The database is back: recipients are taken", {});
    const message = "Recipients are deferred, as the database cannot be asked: {reason}";
    this.#log("warning", message, { reason });
  }
}

function requirePatterns({ mail }: Config): GatewayPatterns {
  const { gatewayPattern: pattern, gatewayOtherEnding: otherEnding } = mail;
  if (pattern !== undefined) return { pattern, otherEnding };
  throw new ConfigError([{
    setting: "EMAIL_GATEWAY_PATTERN",
    wrong: "it is not set, so no address takes mail",
    fix: "set it to the addresses that this server takes mail for, such as %s@mail.example.com",
  }]);
}

function requireRoom(maxBytes: number): void {
  if (maxBytes > 0) return;
  throw new ConfigError([{
    setting: "MAX_EVENT_BYTES",
    wrong: "an event of that size has no room for a mail",
    fix: "set it to at least 16384",
  }]);
}

function postmasterLoop(): ConfigError {
  return new ConfigError([{
    setting: "MIRROR_POSTMASTER",
    wrong: "mail to this address comes back to this server",
    fix: "set it to the address of a person, at another domain or with another name",
  }]);
}
