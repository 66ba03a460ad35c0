/**
 * What the workers of mails keep open: templates, connections to the SMTP server.
 *
 * @module
 */

import type { WorkerContext } from "process-queue/worker";
import { Effects, type EffectsOptions } from "../lib/domain/database/effects.ts";
import type { Database } from "../lib/domain/database/database.ts";
import type { Mail } from "../lib/domain/mail/compose.ts";
import { mailIdentity, smtpSettings } from "../lib/domain/mail/configured.ts";
import { letterWriter } from "../lib/domain/mail/letter.ts";
import { MailTurns } from "../lib/domain/mail/mail_turns.ts";
import type { SendResult } from "../lib/domain/mail/outcome.ts";
import type { MailIdentity, PreparedMail } from "../lib/domain/mail/prepare.ts";
import { RefusalStreak } from "../lib/domain/mail/refusal_streak.ts";
import type { MaybeSent } from "../lib/domain/mail/sending.ts";
import type { Letter } from "../lib/domain/mail/smtp_session.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { MailTransport } from "../lib/domain/mail/transport.ts";
import { MailTransports } from "../lib/domain/mail/transports.ts";

type Config = WorkerContext["config"];

/** The templates, and connections to the SMTP server. */
export class MailResources implements AsyncDisposable {
  readonly templates: MailTemplates;
  readonly identity: MailIdentity;
  /** EMAIL_MAYBE_SENT. */
  readonly maybeSent: MaybeSent | undefined;
  /** Writes a mail as it goes through SMTP. */
  readonly write: (mail: Mail) => Promise<Letter>;
  /** A mail is sent when a connection is free for it. */
  readonly turns: MailTurns;
  readonly #transports: MailTransports;
  readonly #streak = new RefusalStreak();
  #effects: Effects | undefined;

  /**
   * @param connections How many mails are sent at once, each over a connection of its own.
   * @throws {MailSettingError} When a file of the settings cannot be used.
   */
  constructor(config: Config, connections: number) {
    const settings = smtpSettings(config);
    this.templates = new MailTemplates(config.mail.templatesDir);
    this.identity = mailIdentity(config);
    this.maybeSent = config.mail.maybeSent;
    this.write = letterWriter(settings.dkim);
    this.#transports = new MailTransports(() => new MailTransport(settings));
    this.turns = new MailTurns(connections);
  }

  /**
   * Sends a mail to its recipients, or to some of them. A server that refuses one mail after another
   * takes none.
   */
  async send(
    { mail, letter }: Pick<PreparedMail, "mail" | "letter">,
    recipients: readonly string[],
    signal: AbortSignal,
  ): Promise<SendResult> {
    const isToAll = recipients.length === mail.recipients.length;
    const result = await this.#transports.use((transport) =>
      transport.send({ ...mail, recipients }, signal, isToAll ? letter : undefined)
    );
    return this.#streak.add(result, JSON.stringify([recipients, mail.subject]));
  }

  /** The records of who has which mail; made at the first call. */
  effects(db: Database, { queue, owner, log }: EffectsOptions): Effects {
    return this.#effects ??= new Effects(db, { queue, owner, ...(log && { log }) });
  }

  /** Ends the connections, and writes the last records. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transports[Symbol.asyncDispose]();
    await this.#effects?.[Symbol.asyncDispose]();
  }
}
