/**
 * The server: SMTP in front of the parts that decide, its certificate, and what it says of itself.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/problem.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { counted } from "../../errors/counted.ts";
import { errorData } from "../../errors/error_data.ts";
import type { LogLine } from "../log_line.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import type { Delivery } from "./delivery.ts";
import { problemOf, traced } from "./mail_rules.ts";
import { MirrorParts } from "./parts.ts";
import { MailRoom } from "./receiving.ts";
import { isLater, REPLY, type Reply } from "./replies.ts";
import { SmtpFront, type TakenMail } from "./smtp_front.ts";

/** How long a client may take for one mail, in ms. */
const MAIL_MS = 10 * 60_000;
/** How long a session may last, in ms. */
const SESSION_MS = 60 * 60_000;
/** Refused recipients after which a session ends. */
const MAX_REFUSED = 20;
/** Bytes of all mails that are not answered yet; the events of a mail take several times its size. */
const ROOM_BYTES = 50_000_000;

/** The server. */
export class MirrorServer implements AsyncDisposable {
  readonly #config: Config;
  readonly #log: LogLine;
  readonly #parts: MirrorParts;
  readonly #front: SmtpFront;
  readonly #counts = { accepted: 0, deferred: 0, refused: 0 };
  #certificate: Certificate | undefined;
  #delivery: Delivery | undefined;

  /**
   * Opens nothing yet but the files of the certificate.
   *
   * @throws {ConfigError} When a setting keeps every mail from being taken, or the certificate cannot
   * be used.
   * @throws {MailSettingError} When a file that a setting of EMAIL_HOST names cannot be used.
   */
  constructor(config: Config, log: LogLine) {
    this.#config = config;
    this.#log = log;
    const { tls, rateRules } = config.mirrorServer;
    this.#parts = new MirrorParts(config, rateRules, log);
    this.#certificate = tls && readCertificate(tls);
    this.#front = this.#makeFront();
    if (this.#parts.forwardsPostmaster) return;
    const message =
      "EMAIL_HOST is not set, so mail to postmaster is deferred: set EMAIL_HOST and " +
      "MIRROR_POSTMASTER";
    log("warning", message, {});
  }

  /** The largest mail, in bytes. */
  get maxBytes(): number {
    return this.#parts.maxBytes;
  }

  /** The state in a sentence. */
  get status(): string {
    const { accepted, deferred, refused } = this.#counts;
    return `${
      counted(this.#front.connections, "client")
    } connected; mails: ${accepted} accepted, ` +
      `${deferred} deferred, ${refused} refused`;
  }

  /**
   * Listens.
   *
   * @param broker The events go there.
   * @param port 0 for a free one.
   * @returns The port.
   * @throws {Error} Of the system, when the address cannot be used.
   */
  async listen(broker: Broker, host: string, port: number): Promise<number> {
    this.#delivery = this.#parts.delivery(broker);
    return await this.#front.listen(host, port);
  }

  /** Answers the mails that are being received, and ends all sessions. */
  async stop(): Promise<void> {
    await this.#front.stop();
  }

  /** Writes the state to the log. */
  logStatus(): void {
    const { connections } = this.#front;
    this.#log("info", "{status}", { status: this.status, connections, ...this.#counts });
  }

  /** Reads the files of the certificate again; where they cannot be used, the last one stays. */
  renewCertificate(): void {
    const { tls } = this.#config.mirrorServer;
    if (!tls) return;
    try {
      const { cert, key } = readCertificate(tls);
      if (cert === this.#certificate?.cert && key === this.#certificate.key) return;
      this.#certificate = { cert, key };
      this.#front.useCertificate(cert, key);
      this.#log("info", "The certificate of {file} was replaced, and is used from now on", {
        file: tls.certFile,
      });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const message = "The new certificate cannot be used, so the last one stays in use: {reason}";
      this.#log("warning", message, { reason: error.message });
    }
  }

  /** Closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }

  #makeFront(): SmtpFront {
    const { mirrorServer, stopGraceSeconds } = this.#config;
    const { maxRecipients, maxConnections, idleSeconds, tls } = mirrorServer;
    const { name, maxBytes, recipients } = this.#parts;
    return new SmtpFront({
      ...{ name, maxBytes, maxRecipients, maxConnections },
      ...{ mailMs: MAIL_MS, sessionMs: SESSION_MS, maxRefused: MAX_REFUSED },
      idleMs: idleSeconds * 1000,
      graceMs: stopGraceSeconds * 1000,
      tls: tls && this.#certificate && { mode: tls.mode, ...this.#certificate },
      room: new MailRoom(ROOM_BYTES),
      onRecipient: (address, others) => recipients.check(address, others),
      onMail: (mail) => this.#take(mail),
      onRefused: (reply, client, what) => this.#noteRefused(reply, client, what),
      onError: (error, what) => this.#noteError(error, what),
    });
  }

  async #take({ bytes, targets, origin }: TakenMail): Promise<Reply> {
    const problem = problemOf(bytes);
    if (problem) return problem;
    const mail = traced(bytes, origin, this.#parts.name, Date.now());
    const reply = await this.#delivery?.deliver(mail, targets) ?? REPLY.fault;
    if (reply.code >= 400) return reply;
    this.#counts.accepted++;
    const { client, session } = origin;
    const recipients = counted(targets.length, "recipient");
    this.#log("info", "Took a mail of {bytes} bytes from {client} for {recipients}", {
      ...{ bytes: bytes.length, recipients, client, session },
    });
    return reply;
  }

  #noteRefused(reply: Reply, client: string, what: "recipient" | "mail" | "session"): void {
    if (what === "mail") this.#counts[isLater(reply) ? "deferred" : "refused"]++;
    const message = "Refused a {what} of {client}: {reply}";
    this.#log("info", message, { what, client, reply: `${reply.code} ${reply.text}` });
  }

  #noteError(error: unknown, what: "fault" | "client"): void {
    const { name, message, stack } = errorData(error);
    const text = what === "fault"
      ? "A client was answered with 451, because of a fault of the program: {reason}"
      : "The connection of a client ended early: {reason}";
    const reason = `${name}: ${message}`;
    this.#log(what === "fault" ? "error" : "debug", text, { reason, stack });
  }
}
