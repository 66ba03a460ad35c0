/**
 * Makes a mail of an event: its recipients looked up, its template filled.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import type { Database } from "../database/tables.ts";
import { addressees, type MailRealm, mailRealm } from "../users/addressees.ts";
import { realmHost } from "../users/realm_host.ts";
import { type Mailbox, senderAddress } from "./address.ts";
import { addressedTo, type Recipients, recipientsOf } from "./addressed.ts";
import { composeMail, type Mail } from "./compose.ts";
import { mailDate } from "./date.ts";
import { MailError } from "./mail_error.ts";
import type { MailEvent } from "./mail_event.ts";
import type { Letter } from "./smtp_session.ts";
import type { MailTemplates } from "./templates/mail_templates.ts";
import { type MailSite, withSharedKeys } from "./templates/shared_keys.ts";

/** What the server and its settings give to every mail. */
export interface MailIdentity extends MailSite {
  /** The language of mails to those whose own is not known. */
  readonly language: string;
  /** The time zone of the date of mails. */
  readonly timeZone: string;
  /** Zulip's NOREPLY_EMAIL_ADDRESS. */
  readonly noReply: string;
  /** With `{token}`; `undefined`: no tokens. */
  readonly tokenizedNoReply: string | undefined;
}

/** What a mail is made with. */
export interface MailMaker {
  readonly db: Database;
  readonly templates: MailTemplates;
  readonly identity: MailIdentity;
  /** A `letterWriter`. */
  readonly write: (mail: Mail) => Promise<Letter>;
}

/** A mail to be sent. */
export interface PreparedMail {
  readonly mail: Mail;
  /** The mail as it is sent to all of its recipients. */
  readonly letter: Letter;
  readonly realm: MailRealm | undefined;
  /** Whether nobody said in which language to write it. */
  readonly lacksLanguage: boolean;
}

const DEFAULT_FROM_NAME = "Zulip";

/**
 * Makes the mail of an event, so that nothing is left to do but to send it.
 *
 * @param id The event's id, from which the mail has its `Message-ID`.
 * @param now ms since 1970.
 * @returns `undefined` where none of its recipients can get mail.
 * @throws {MailError} When the event names no recipients, or wrong ones.
 * @throws {TemplateError} When there is no such template, or the event lacks one of its keys.
 * @throws {DatabaseError} When the database is lost.
 */
export async function prepareMail(
  event: MailEvent,
  { db, templates, identity, write }: MailMaker,
  id: string,
  now: number,
): Promise<PreparedMail | undefined> {
  const { to, language: own, ...found } = await findRecipients(event, db);
  if (to.length === 0) return undefined;
  const realm = await realmOf(found, db);
  const language = event.language ?? own;
  const context = withSharedKeys(event.context ?? {}, identity);
  const { subject, text, html } = templates.render(
    event.template_prefix,
    language ?? identity.language,
    context,
  );
  const mail = composeMail({
    realm: realm && {
      name: realm.name,
      host: realmHost(realm.stringId, identity.externalHost),
    },
    from: senderOf(event, identity),
    noReply: identity.noReply,
    replyTo: event.reply_to_email,
    to,
    date: mailDate(event.date, now, identity.timeZone),
    ...{ subject, text, html, id },
    unsubscribe: unsubscribeOf(context),
    language: language ?? identity.language,
  });
  return { mail, letter: await write(mail), realm, lacksLanguage: language === undefined };
}

async function findRecipients(event: MailEvent, db: Database): Promise<Recipients> {
  const addressed = addressedTo(event);
  if ("users" in addressed) {
    const users = await addressees(db, addressed.users);
    return recipientsOf(users, addressed.users, event.realm_id);
  }
  const to = addressed.addresses.map((address) => ({ name: "", address }));
  return { to, language: undefined, realmId: event.realm_id ?? undefined };
}

async function realmOf(
  { realmId, realm }: Pick<Recipients, "realmId" | "realm">,
  db: Database,
): Promise<MailRealm | undefined> {
  if (realm || realmId === undefined) return realm;
  const named = await mailRealm(db, realmId);
  if (named) return named;
  throw new MailError(`The database has no realm ${realmId}, which the mail is for`);
}

function senderOf(event: MailEvent, identity: MailIdentity): Mailbox {
  const { noReply, tokenizedNoReply, administrator: support } = identity;
  const addresses = { noReply, tokenizedNoReply, support };
  const token = randomUUID().replaceAll("-", "");
  return {
    name: event.from_name ?? DEFAULT_FROM_NAME,
    address: senderAddress(event.from_address, addresses, token),
  };
}

function unsubscribeOf(context: Readonly<Record<string, unknown>>) {
  const { unsubscribe_link: link, remote_server_email: isRemote } = context;
  return typeof link === "string" ? { link, isOneClick: !isRemote } : undefined;
}
