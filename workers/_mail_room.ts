/**
 * What the workers of mails keep open: templates, connections to the SMTP server.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { WorkerContext } from "process-queue/worker";
import { Effects, type EffectsOptions } from "../lib/domain/database/effects.ts";
import type { Database } from "../lib/domain/database/database.ts";
import type { Mail } from "../lib/domain/mail/compose.ts";
import type { SendResult } from "../lib/domain/mail/outcome.ts";
import type { MailIdentity } from "../lib/domain/mail/prepare.ts";
import { RefusalStreak } from "../lib/domain/mail/refusal_streak.ts";
import type { SmtpSettings } from "../lib/domain/mail/smtp_settings.ts";
import type { MaybeSent } from "../lib/domain/mail/sending.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { MailTransport } from "../lib/domain/mail/transport.ts";
import { MailTransports } from "../lib/domain/mail/transports.ts";

type Config = WorkerContext["config"];

/** The templates, and connections to the SMTP server. */
export class MailRoom implements AsyncDisposable {
  readonly templates: MailTemplates;
  readonly identity: MailIdentity;
  /** EMAIL_MAYBE_SENT. */
  readonly maybeSent: MaybeSent | undefined;
  readonly #transports: MailTransports;
  readonly #streak = new RefusalStreak();
  #effects: Effects | undefined;

  /** @throws {Error} When a file of the settings cannot be read; the message names the setting. */
  constructor(config: Config) {
    const settings = smtpSettings(config);
    this.templates = new MailTemplates(config.mail.templatesDir);
    this.identity = identityOf(config);
    this.maybeSent = config.mail.maybeSent;
    this.#transports = new MailTransports(() => new MailTransport(settings));
  }

  /** Sends the mail of an event. A server that refuses one mail after another takes none. */
  async send(mail: Mail, id: string, signal: AbortSignal): Promise<SendResult> {
    const result = await this.#transports.use((transport) => transport.send(mail, signal));
    return this.#streak.add(result, id);
  }

  /** The records of who has which mail; made at the first call. */
  effects(db: Database, { queue, owner }: EffectsOptions): Effects {
    return this.#effects ??= new Effects(db, { queue, owner });
  }

  /** Ends the connections, and writes the last records. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transports[Symbol.asyncDispose]();
    await this.#effects?.[Symbol.asyncDispose]();
  }
}

/** The SMTP server that the settings name. @throws {Error} When a file cannot be read. */
export function smtpSettings({ mail, site }: Config): SmtpSettings {
  const { host, port, user, password, encryption, caFile, timeoutSeconds, dkim } = mail;
  if (host === undefined) throw new Error("EMAIL_HOST is not set: set it to the SMTP server");
  return {
    ...{ host, port, user, password, encryption, timeoutSeconds },
    clientName: site.externalHost.replace(/:\d+$/, ""),
    ca: caFile === undefined ? undefined : fileOf("EMAIL_CA_FILE", caFile),
    dkim: dkim && {
      domain: dkim.domain,
      selector: dkim.selector,
      privateKey: fileOf("EMAIL_DKIM_KEY_FILE", dkim.keyFile),
    },
  };
}

function identityOf({ site, mail }: Config): MailIdentity {
  const { noreplyAddress: noReply, tokenizedNoreplyAddress: tokenizedNoReply } = mail;
  return { ...site, noReply, tokenizedNoReply };
}

function fileOf(setting: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${setting} cannot be read: ${reason}`, { cause: error });
  }
}
