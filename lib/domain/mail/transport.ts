/**
 * Sends mails to one SMTP server, over one connection that is kept open.
 *
 * @module
 */

import type { Mail } from "./compose.ts";
import { Conversation, type ConversationStep } from "./conversation.ts";
import { KeptSession, SessionFailure } from "./kept_session.ts";
import { letterWriter } from "./letter.ts";
import {
  classifyAnswer,
  classifyConnectionError,
  classifyError,
  type NotSent,
  type Progress,
  type SendResult,
} from "./outcome.ts";
import { type Confidential, masked, secretForms } from "./server_words.ts";
import { type Letter, SmtpSession } from "./smtp_session.ts";
import { connectionOptions, loginOf, type SmtpSettings, timesOf } from "./smtp_settings.ts";

/**
 * The connection to an SMTP server. It connects at the first mail, again after it was lost, and ends
 * when no mail used it for 30 s. Mails are sent one after another.
 */
export class MailTransport {
  /** The server: `host:port`. */
  readonly where: string;
  readonly #session: KeptSession;
  readonly #write: (mail: Mail) => Promise<Letter>;
  readonly #secrets: readonly string[];

  /**
   * @param onStep Gets each line of the conversations with the server as it is said, without
   * passwords, recipients and mails.
   */
  constructor(settings: SmtpSettings, onStep?: (step: ConversationStep) => void) {
    const login = loginOf(settings);
    const conversation = new Conversation(onStep);
    const options = { ...connectionOptions(settings), logger: conversation.logger };
    const make = () => new SmtpSession(options, login, (how) => conversation.note(how));
    this.where = `${settings.host}:${settings.port}`;
    this.#session = new KeptSession(make, conversation, timesOf(settings));
    this.#write = letterWriter(settings.dkim);
    this.#secrets = login ? secretForms(login) : [];
  }

  /**
   * Sends a mail to its recipients.
   *
   * @param signal Gives the mail up.
   * @param letter What a `letterWriter` with this server's settings made of this mail. @default {written here}
   * @returns What became of it, also where the server or the connection fails.
   * @throws {Error} Only for a fault of the program.
   */
  async send(mail: Mail, signal: AbortSignal, letter?: Letter): Promise<SendResult> {
    const written = letter ?? await this.#write(mail);
    const { recipients, text, html } = mail;
    const confidential = { recipients, secrets: this.#secrets, texts: [text, html] };
    try {
      const { rejectedErrors } = await this.#session.run(
        (session, signal) => session.send(written, signal),
        signal,
        confidential,
      );
      return classifyAnswer(recipients, rejectedErrors ?? [], confidential);
    } catch (error) {
      return this.#result(error, classifyError, confidential);
    }
  }

  /**
   * Connects, with TLS and the login where they are set, and asks the server for one answer. The
   * connection is kept for the next mail.
   *
   * @param signal Gives it up.
   * @returns What went wrong; undefined for nothing.
   */
  async verify(signal: AbortSignal): Promise<NotSent | undefined> {
    const confidential = { recipients: [], secrets: this.#secrets, texts: [] };
    try {
      await this.#session.run(
        (session, signal) => session.reset(signal),
        signal,
        confidential,
      );
      return undefined;
    } catch (error) {
      return this.#result(error, classifyConnectionError, confidential);
    }
  }

  /** Ends the connection: a mail that is being sent is given up, and no other is sent. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  /** What a failure means; throws what is no failure of SMTP. */
  #result<Result>(
    failure: unknown,
    classify: (error: unknown, progress: Progress) => Result | undefined,
    confidential: Confidential,
  ): Result {
    if (!(failure instanceof SessionFailure)) throw failure;
    const { cause, at } = failure;
    const { where } = this;
    const { isClosed } = this.#session;
    const result = classify(cause, { ...confidential, ...at, where, isClosed });
    if (result) return result;
    const text = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    throw new Error(`The mail could not be sent: ${masked(text, confidential)}`);
  }
}
