/**
 * What mails about missed messages are made with.
 *
 * @module
 */

import { mailIdentity, type MailSetup } from "../../mail/configured.ts";
import type { MailTemplates } from "../../mail/templates/mail_templates.ts";
import { mailMessages } from "../rendering/mail_messages.ts";
import type { TextOf } from "./words.ts";

/** What the mails are made with. */
export interface MissedMailMaker {
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** Zulip's INSTALLATION_NAME. */
  readonly installationName: string;
  /** The time zone for users who have set none. */
  readonly timeZone: string;
  /** Zulip's NOREPLY_EMAIL_ADDRESS. */
  readonly noReply: string;
  /** Zulip's EMAIL_GATEWAY_PATTERN; `undefined`: mails cannot be answered. */
  readonly gatewayPattern: string | undefined;
  /** Zulip's MAX_GROUP_SIZE_FOR_MENTION_REACTIVATION. */
  readonly mostMembers: number;
  /** Zulip's DEDICATED_SOFT_REACTIVATION_QUEUE. */
  readonly hasReactivationQueue: boolean;
  /** A text of the catalogue in a language. */
  readonly text: (language: string, ...args: Parameters<TextOf>) => string;
  /** Makes what a mail shows of messages. */
  readonly show: typeof mailMessages;
}

/** The parts of the configuration that these mails depend on. */
export interface MissedMailSetup extends MailSetup {
  readonly mail: MailSetup["mail"] & {
    readonly gatewayPattern: string | undefined;
    readonly reactivationGroupSize: number;
    readonly hasReactivationQueue: boolean;
  };
  readonly site: MailSetup["site"] & { readonly installationName: string };
}

/** Makes the mails as the configuration says. @param templates With the texts of the catalogue. */
export function missedMailMaker(
  config: MissedMailSetup,
  templates: Pick<MailTemplates, "text">,
): MissedMailMaker {
  const { externalHost, scheme, timeZone, noReply } = mailIdentity(config);
  return {
    ...{ externalHost, scheme, timeZone, noReply },
    installationName: config.site.installationName,
    gatewayPattern: config.mail.gatewayPattern,
    mostMembers: config.mail.reactivationGroupSize,
    hasReactivationQueue: config.mail.hasReactivationQueue,
    text: (...args) => templates.text(...args),
    show: mailMessages,
  };
}
