/**
 * What digests are made with.
 *
 * @module
 */

import { mailIdentity, type MailSetup } from "../mail/configured.ts";
import type { MailTemplates } from "../mail/templates/mail_templates.ts";
import { mailMessages } from "../messages/rendering/mail_messages.ts";

/** What digests are made with. */
export interface DigestMaker {
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** Zulip's INSTALLATION_NAME. */
  readonly installationName: string;
  /** The time zone for users who have set none. */
  readonly timeZone: string;
  /** A text of the catalogue in a language. */
  readonly text: MailTemplates["text"];
  /** Makes what a mail shows of messages. */
  readonly show: typeof mailMessages;
}

/** The parts of the configuration that digests depend on. */
export interface DigestSetup extends MailSetup {
  readonly site: MailSetup["site"] & { readonly installationName: string };
}

/** Makes digests as the configuration says. @param templates With the texts of the catalogue. */
export function digestMaker(
  config: DigestSetup,
  templates: Pick<MailTemplates, "text">,
): DigestMaker {
  const { externalHost, scheme, timeZone } = mailIdentity(config);
  const { installationName } = config.site;
  const text: DigestMaker["text"] = (...args) => templates.text(...args);
  return { externalHost, scheme, installationName, timeZone, text, show: mailMessages };
}
