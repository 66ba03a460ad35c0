/**
 * The server's SMTP: npm's smtp-server, with limits of sessions, and a stop that finishes the mails
 * that are being received.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from "smtp-server";
import { within } from "../../system/deadline.ts";
import { inAscii, type MailOrigin } from "./mail_rules.ts";
import { type MailRoom, readMail } from "./receiving.ts";
import type { Target } from "./recipients.ts";
import { Refusal, REPLY, type Reply } from "./replies.ts";
import { Sessions } from "./sessions.ts";
import { useNodeTimers } from "./timers.ts";

/** The longest line of a command, in bytes: RFC 5321 has 512, and extensions add to it. */
const MAX_COMMAND = 2048;
/** How long the last sessions may take to be closed, in ms. */
const CLOSED_MS = 2000;
/** Commands of smtp-server that this server does not have. */
const DISABLED = ["AUTH", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"];

/** A mail that was received whole. */
export interface TakenMail {
  readonly bytes: Uint8Array;
  readonly targets: readonly Target[];
  readonly origin: MailOrigin;
}

/** The certificate of the server. */
export interface FrontTls {
  readonly mode: "optional" | "required" | "implicit";
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** What the server takes, and who decides. */
export interface SmtpFrontOptions {
  /** What it calls itself. */
  readonly name: string;
  readonly maxBytes: number;
  readonly maxRecipients: number;
  readonly maxConnections: number;
  /** How long a client may send nothing, in ms. */
  readonly idleMs: number;
  /** How long a client may take for a mail, in ms. */
  readonly mailMs: number;
  /** How long a session may last, in ms. */
  readonly sessionMs: number;
  /** Refused recipients after which a session ends. */
  readonly maxRefused: number;
  /** How long a stop waits for mails that are being received, in ms. */
  readonly graceMs: number;
  /** `undefined`: nothing is encrypted. */
  readonly tls: FrontTls | undefined;
  readonly room: MailRoom;
  /** Decides about a recipient; a rejection is answered with 451. */
  readonly onRecipient: (address: string, others: readonly Target[]) => Promise<Target | Reply>;
  /** Decides about a mail; a rejection is answered with 451. */
  readonly onMail: (mail: TakenMail) => Promise<Reply>;
  /** Called with each answer that refuses a recipient or a mail, or ends a session. */
  readonly onRefused: (
    reply: Reply,
    client: string,
    what: "recipient" | "mail" | "session",
  ) => void;
  /** Called with faults of the program, and of clients. */
  readonly onError: (error: unknown, what: "fault" | "client") => void;
}

/** The server. Call {@linkcode listen} once, and {@linkcode stop} at its end. */
export class SmtpFront {
  readonly #options: SmtpFrontOptions;
  readonly #server: SMTPServer;
  readonly #sessions: Sessions;
  readonly #targets = new WeakMap<SMTPServerAddress, Target>();
  #isStopping = false;

  /** @param options What it takes, and who decides. */
  constructor(options: SmtpFrontOptions) {
    this.#options = options;
    useNodeTimers();
    this.#sessions = new Sessions(options.sessionMs, (id) => this.#end(id, REPLY.sessionTooLong));
    this.#server = new SMTPServer({
      ...serverOptions(options),
      onConnect: (session, done) => {
        this.#sessions.open(session.id);
        done();
      },
      onClose: (session) => this.#sessions.close(session.id),
      onMailFrom: (_, session, done) => {
        const needsTls = options.tls?.mode === "required" && !session.secure;
        done(needsTls ? this.#refused(REPLY.needsTls, session, "mail") : undefined);
      },
      onRcptTo: (address, session, done) => void this.#recipient(address, session).then(done),
      onData: (stream, session, done) => void this.#data(stream, session, done),
    });
    this.#server.on("error", (error) => options.onError(error, "client"));
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#server.connections.size;
  }

  /**
   * Listens.
   *
   * @param port 0 for a free one.
   * @returns The port.
   * @throws {Error} Of the system, when the address cannot be used.
   */
  async listen(host: string, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, () => resolve());
    await promise;
    this.#server.off("error", reject);
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Takes no more mails, and resolves when those that are being received are answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const { id } of [...this.#server.connections]) {
      if (!this.#sessions.isReceiving(id)) this.#end(id, REPLY.stopping);
    }
    const ended = this.#sessions.ended();
    // Deno before 2.9 does not notice that the last connection is closed.
    await Promise.race([promise, ended.then(() => within(CLOSED_MS, promise))]);
    // Clients that were not waited for may still have to read why.
    await within(CLOSED_MS, ended);
  }

  /** Uses another certificate for sessions that begin later. */
  useCertificate(cert: string, key: string): void {
    this.#server.updateSecureContext({ cert, key });
  }

  async #recipient(
    address: SMTPServerAddress,
    session: SMTPServerSession,
  ): Promise<Error | undefined> {
    const { maxRefused, onRecipient } = this.#options;
    const decided = await this.#orFault(onRecipient(inAscii(address.address), this.#of(session)));
    if ("kind" in decided) {
      this.#targets.set(address, decided);
      return undefined;
    }
    const isTooMany = this.#sessions.refuse(session.id) > maxRefused;
    const refusal = this.#refused(decided, session, "recipient");
    return isTooMany ? this.#refused(REPLY.tooManyRefused, session, "session") : refusal;
  }

  async #data(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null, message?: string) => void,
  ): Promise<void> {
    const { id } = session;
    this.#sessions.receive(id, true);
    const reply = await this.#receive(stream, session);
    if (reply && reply.code < 400) done(null, reply.text);
    else if (reply) done(this.#refused(reply, session, "mail"));
    this.#sessions.receive(id, false);
    if (this.#isStopping) this.#end(id, REPLY.stopping);
  }

  /** @returns The answer; `undefined` where the client has gone. */
  async #receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
  ): Promise<Reply | undefined> {
    const { mailMs, maxBytes, room, onMail, onError } = this.#options;
    using hold = room.hold();
    const timer = setTimeout(() => this.#end(session.id, REPLY.mailTooLong), mailMs);
    const [targets, origin] = [this.#of(session), originOf(session)];
    try {
      const bytes = await readMail(stream, maxBytes, hold);
      if (!(bytes instanceof Uint8Array)) return bytes;
      clearTimeout(timer);
      return await this.#orFault(onMail({ bytes, targets, origin }));
    } catch (error) {
      onError(error, "client");
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The recipients of a session's mail that were taken so far. */
  #of({ envelope }: SMTPServerSession): Target[] {
    return envelope.rcptTo.flatMap((address) => this.#targets.get(address) ?? []);
  }

  async #orFault<Decision>(decision: Promise<Decision>): Promise<Decision | Reply> {
    try {
      return await decision;
    } catch (error) {
      this.#options.onError(error, "fault");
      return REPLY.fault;
    }
  }

  #refused(
    reply: Reply,
    { remoteAddress }: Pick<SMTPServerSession, "remoteAddress">,
    what: "recipient" | "mail" | "session",
  ): Refusal {
    this.#options.onRefused(reply, remoteAddress, what);
    return new Refusal(reply);
  }

  /** Ends a session with 421. */
  #end(id: string, reply: Reply): void {
    const connection = [...this.#server.connections].find((each) => each.id === id);
    if (!connection) return;
    if (reply !== REPLY.stopping) this.#refused(reply, connection.session, "session");
    connection.send(reply.code, reply.text);
  }
}

function serverOptions(options: SmtpFrontOptions): ConstructorParameters<typeof SMTPServer>[0] {
  const { name, maxBytes, maxRecipients, maxConnections, idleMs, graceMs, tls } = options;
  const hasStartTls = tls !== undefined && tls.mode !== "implicit";
  return {
    name,
    size: maxBytes,
    maxRecipients,
    maxClients: maxConnections,
    socketTimeout: idleMs,
    closeTimeout: Math.max(1, graceMs),
    maxCommandLength: MAX_COMMAND,
    disabledCommands: hasStartTls ? DISABLED : [...DISABLED, "STARTTLS"],
    heloResponse: "%s",
    disableReverseLookup: true,
    // Devices send from addresses that RFC 5321 does not have. Recipients are looked up anyway.
    lenientAddressParsing: true,
    logger: false,
    ...(tls && { secure: tls.mode === "implicit", cert: tls.cert, key: tls.key }),
  };
}

function originOf(session: SMTPServerSession): MailOrigin {
  const { envelope: { mailFrom }, hostNameAppearsAs, remoteAddress, transmissionType, id } =
    session;
  return {
    sender: mailFrom ? mailFrom.address : "",
    helo: hostNameAppearsAs,
    client: remoteAddress,
    protocol: transmissionType,
    session: id,
  };
}
