/**
 * The context of the mail about a conversation: what the template `missed_message` is filled with.
 *
 * @module
 */

import { commonContext, type NamedRealm } from "../../mail/common_context.ts";
import { directUrl, groupUrl, type LinkedUser, messageUrl, topicUrl } from "../narrow_url.ts";
import type { MailConversation } from "../rendering/mail_messages.ts";
import type { MissedMessage } from "./conversations.ts";
import { type Reasons, reasonsOf } from "./reasons.ts";
import { isMention } from "./triggers.ts";
import { groupName, namedTopic, type TextOf } from "./words.ts";

/** Where a conversation is. */
export type Place =
  | { readonly kind: "direct"; readonly other: LinkedUser }
  /** A DM group of more than two. */
  | { readonly kind: "group"; readonly others: readonly LinkedUser[] }
  | {
    readonly kind: "channel";
    readonly id: number;
    readonly name: string;
    /** Empty for messages without a topic. */
    readonly topic: string;
  };

/** What the mail about a conversation is made of. */
export interface MissedMail extends NamedRealm {
  readonly readerName: string;
  readonly unsubscribeLink: string;
  /** Whether the subject names the realm. */
  readonly namesRealm: boolean;
  /** Whether the mail may show messages. */
  readonly showsContent: { readonly byUser: boolean; readonly byRealm: boolean };
  /** Whether the mail can be answered. */
  readonly takesReplies: boolean;
  readonly place: Place;
  /** The missed messages of the conversation, without its context, by id; at least one. */
  readonly messages: readonly MissedMessage[];
  /** The names of their senders by id. */
  readonly names: ReadonlyMap<number, string>;
  /** The smallest of the mentioned groups, if the user was not mentioned by name. */
  readonly groupName: string | undefined;
  /** The messages, with what was said before; not used where the mail may not show messages. */
  readonly shown: MailConversation;
}

/** The context of the mail about a conversation. @param text In the reader's language. */
export function missedContext(mail: MissedMail, text: TextOf): Record<string, unknown> {
  const reasons = reasonsOf(mail.messages);
  return {
    ...commonContext(mail, mail.readerName),
    name: mail.readerName,
    message_count: mail.messages.length,
    unsubscribe_link: mail.unsubscribeLink,
    include_realm_name_in_missedmessage_emails_subject: mail.namesRealm,
    ...reasons,
    mentioned_user_group_name: mail.groupName ?? null,
    narrow_url: narrowUrl(mail, reasons),
    realm_str: mail.realmName,
    ...placeKeys(mail.place, text),
    ...contentKeys(mail, reasons),
  };
}

/** A mention is looked at where it is; else the conversation opens at what is not read. */
function narrowUrl({ realmUrl, place, messages }: MissedMail, { mention }: Reasons): string {
  if (place.kind === "direct") return directUrl(realmUrl, place.other);
  if (place.kind === "group") return groupUrl(realmUrl, place.others.map(({ id }) => id));
  const message = messages.find(({ trigger }) => !mention || isMention(trigger));
  const url = mention ? messageUrl : topicUrl;
  return url(realmUrl, place, message?.id ?? 0);
}

function placeKeys(place: Place, text: TextOf): Record<string, unknown> {
  if (place.kind === "direct") return { private_message: true };
  if (place.kind === "group") {
    const names = place.others.map(({ name }) => name);
    return { group_pm: true, direct_message_group_display_name: groupName(names, text) };
  }
  const { name, isResolved } = namedTopic(place.topic, text);
  return { channel_name: place.name, topic_name: name, topic_resolved: isResolved };
}

/** A mail that may not show messages does not say either who sent them. */
function contentKeys(mail: MissedMail, reasons: Reasons): Record<string, unknown> {
  const { byUser, byRealm } = mail.showsContent;
  if (byUser && byRealm) {
    return {
      show_message_content: true,
      messages: [mail.shown],
      sender_str: sendersOf(mail, reasons).join(", "),
      reply_to_zulip: mail.takesReplies,
    };
  }
  return {
    show_message_content: false,
    messages: [],
    sender_str: "",
    reply_to_zulip: false,
    message_content_disabled_by_user: !byUser,
    message_content_disabled_by_realm: !byRealm,
  };
}

/** The names of those who are said to write: in a channel, those who mention the user, if any do. */
function sendersOf({ place, messages, names }: MissedMail, { mention }: Reasons): string[] {
  const onlyMentions = place.kind === "channel" && mention;
  const told = messages.filter(({ trigger }) => !onlyMentions || isMention(trigger));
  const ids = new Set(told.map(({ senderId }) => senderId));
  return [...ids].map((id) => names.get(id) ?? "").filter((name) => name !== "");
}
