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
import type { SendResult } from "../lib/domain/mail/outcome.ts";
import type { MailIdentity } from "../lib/domain/mail/prepare.ts";
import { RefusalStreak } from "../lib/domain/mail/refusal_streak.ts";
import type { MaybeSent } from "../lib/domain/mail/sending.ts";
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
  readonly #transports: MailTransports;
  readonly #streak = new RefusalStreak();
  #effects: Effects | undefined;

  /** @throws {MailSettingError} When a file of the settings cannot be used. */
  constructor(config: Config) {
    const settings = smtpSettings(config);
    this.templates = new MailTemplates(config.mail.templatesDir);
    this.identity = mailIdentity(config);
    this.maybeSent = config.mail.maybeSent;
    this.#transports = new MailTransports(() => new MailTransport(settings));
  }

  /** Sends a mail. A server that refuses one mail after another takes none. */
  async send(mail: Mail, signal: AbortSignal): Promise<SendResult> {
    const result = await this.#transports.use((transport) => transport.send(mail, signal));
    return this.#streak.add(result, JSON.stringify([mail.recipients, mail.subject]));
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
