/**
 * What is known of a mail while its messages are made.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import type { SentTogether } from "../messages/send/message_sender.ts";
import type { SendTo } from "../messages/send/new_message.ts";
import { type Upload, uploadLink, uploadOf } from "../uploads/upload.ts";
import { realmHost, type Site, withoutPort } from "../users/realm_host.ts";
import type { GatewayPatterns } from "./address.ts";
import { type BodyOptions, mailMessages } from "./body.ts";
import type { DeliveryRun, DeliverySetup } from "./delivery.ts";
import type { IncomingMail } from "./incoming_mail.ts";
import { loopKind } from "./loops.ts";
import { NoMessage } from "./no_message.ts";
import { hiddenAddress, hiddenSender } from "./recipient.ts";

type LogLine = (message: string, properties?: Record<string, unknown>) => void;

/** What the mails of all events share. */
export interface MirrorSetup extends DeliverySetup {
  readonly patterns: GatewayPatterns;
  readonly site: Site;
}

/** A mail, and the run of its event. */
export interface MailRun extends DeliveryRun {
  readonly mail: IncomingMail;
  /** What it is recognized by when it comes again. */
  readonly key: string;
  readonly recipient: string;
  readonly log: { readonly info: LogLine };
}

/** Who sends messages, and where they go. */
export interface Sending {
  readonly senderId: number;
  /** Of the place. */
  readonly realmId: number;
  readonly to: SendTo;
}

/** The client of messages that the server sends, as in Zulip. */
export const CLIENT = "Internal";

/** So many files of a mail are stored: one of 12 MB can have 90,000. */
const MOST_FILES = 200;

/**
 * The messages of a mail with its first 200 files. Where it has more, a line says how many were left
 * out.
 *
 * @throws {NoMessage} When it has no text.
 */
export function messagesOf(
  { mail, key }: MailRun,
  { senderId, realmId, to }: Sending,
  options: BodyOptions,
): { readonly messages: SentTogether[]; readonly uploads: readonly Upload[] } {
  const uploads = mail.files.slice(0, MOST_FILES)
    .map((file, index) => uploadOf(file, realmId, `${key} file ${index}`));
  const leftOut = mail.files.length - uploads.length;
  const note = leftOut > 0 ? [`(${counted(leftOut, "more file")} left out)`] : [];
  const contents = mailMessages(mail, options, [...uploads.map(uploadLink), ...note]);
  const messages = contents.map((content) => ({
    ...{ senderId, realmId, to, content, client: CLIENT },
    uploads: uploads.filter(({ pathId }) => content.includes(pathId)),
  }));
  return { messages, uploads };
}

/**
 * Refuses mails that programs have written to each other.
 *
 * @param realm The `string_id` of the realm, where it is known.
 * @throws {NoMessage} For such a mail.
 */
export function refuseLoop(
  { mail }: MailRun,
  { site }: MirrorSetup,
  { isAnswer, realm = "" }: { readonly isAnswer: boolean; readonly realm?: string },
): void {
  const hosts = [site.externalHost, realmHost(realm, site.externalHost)].map(withoutPort);
  const kind = loopKind(mail, { isAnswer, ownHosts: hosts });
  if (kind === undefined) return;
  throw new NoMessage("info", `Dropping ${kind} message from ${hiddenSender(mail)}`);
}

/**
 * A mail that its sender could have addressed better.
 *
 * @param note What its recipient is; see {@linkcode hiddenAddress}.
 */
export function misaddressed(
  { mail, recipient }: Pick<MailRun, "mail" | "recipient">,
  { patterns }: MirrorSetup,
  text: string,
  note: string,
): NoMessage {
  const to = hiddenAddress(recipient, patterns, note);
  return new NoMessage("error", `Sender: ${hiddenSender(mail)}\nTo: ${to}\n${text}`);
}
