/**
 * One connection to an SMTP server, from the greeting to QUIT.
 *
 * @module
 */

import SMTPConnection, {
  type SMTPConnectionOptions,
  type SMTPConnectionSendInfo,
  type SMTPEnvelope,
} from "nodemailer/lib/smtp-connection";
import { within } from "../../system/deadline.ts";
import { describeEncryption } from "./encryption.ts";
import { NO_LOGIN, type SmtpLogin } from "./smtp_settings.ts";

/** A mail as it goes through SMTP. */
export interface Letter {
  readonly envelope: SMTPEnvelope;
  /** Headers and body. */
  readonly message: Uint8Array;
}

type Done<Result> = (error?: Error | null, result?: Result) => void;

/** How long the server may take to answer to QUIT, in ms. */
const QUIT_MS = 1000;

/** A connection. Its methods throw nodemailer's errors, and own with `EABORT` and NO_LOGIN. */
export class SmtpSession {
  readonly #connection: SMTPConnection;
  readonly #login: SmtpLogin | undefined;
  readonly #onEncrypted: ((how: string) => void) | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #isEnded = false;
  /** Whether the server refused the last mail, so that its envelope has to be cleared. */
  #isRefused = false;
  #fail: (error: Error) => void = () => {};

  /**
   * Call {@linkcode open} next.
   *
   * @param onEncrypted Gets how a new connection is encrypted, and the server's certificate.
   */
  constructor(
    options: SMTPConnectionOptions,
    login: SmtpLogin | undefined,
    onEncrypted?: (how: string) => void,
  ) {
    this.#login = login;
    this.#onEncrypted = onEncrypted;
    this.#connection = new SMTPConnection(options);
    // An error is followed by the end, and belongs to the step that runs; there may be none.
    this.#connection.on("error", (error: Error) => this.#fail(error));
    this.#connection.once("end", () => this.#end());
  }

  /** Whether mails can be sent. A connection that was cut is noticed here, one gone silent is not. */
  get isOpen(): boolean {
    return !this.#isEnded;
  }

  /** Connects, with TLS, and logs in, as the settings say. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#step<void>(signal, (done) => this.#connection.connect(done));
    const encryption = describeEncryption(this.#connection._socket);
    if (encryption !== undefined) this.#onEncrypted?.(encryption);
    const login = this.#login;
    if (!login) return;
    if (!this.#connection.allowsAuth) {
      throw Object.assign(new Error("The server offers no login"), { code: NO_LOGIN });
    }
    const auth = { user: login.user, pass: login.password };
    await this.#step<boolean>(signal, (done) => this.#connection.login(auth, done));
  }

  /** Sends a mail; the result names recipients that were refused. */
  async send({ envelope, message }: Letter, signal: AbortSignal): Promise<SMTPConnectionSendInfo> {
    if (this.#isRefused) await this.reset(signal);
    this.#isRefused = true;
    const info = await this.#step<SMTPConnectionSendInfo>(
      signal,
      // Nodemailer keeps its notes in the envelope: a second attempt needs one without them.
      (done) => this.#connection.send({ ...envelope }, Buffer.from(message), done),
    );
    this.#isRefused = false;
    return info;
  }

  /** Asks the server for an answer, and to forget the last mail that it refused. */
  async reset(signal: AbortSignal): Promise<void> {
    await this.#step<boolean>(signal, (done) => this.#connection.reset(done));
    this.#isRefused = false;
  }

  /** Says goodbye and ends the connection; at once when the server does not answer. */
  async quit(): Promise<void> {
    if (this.#isEnded) return;
    this.#connection.quit();
    await within(QUIT_MS, this.#ended.promise);
    this.close();
  }

  /** Ends the connection at once. */
  close(): void {
    this.#connection.close();
  }

  #end(): void {
    this.#isEnded = true;
    this.#ended.resolve();
    const fail = this.#fail;
    const error = Object.assign(new Error("Connection closed"), { code: "ECONNECTION" });
    // Where the end has a reason, nodemailer gives it right after the end.
    queueMicrotask(() => fail(error));
  }

  async #step<Result>(
    signal: AbortSignal,
    act: (done: Done<Result>) => void,
  ): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const onAbort = () => {
      reject(Object.assign(new Error("Stopped"), { code: "EABORT" }));
      this.close();
    };
    this.#fail = reject;
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else act((error, result) => error ? reject(error) : resolve(result as Result));
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#fail = () => {};
    }
  }
}
