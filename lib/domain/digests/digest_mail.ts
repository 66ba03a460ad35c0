/**
 * The mail that is a user's digest.
 *
 * @module
 */

import { commonContext, type NamedRealm } from "../mail/common_context.ts";
import { hiddenTexts, type TextOf } from "../messages/missed/words.ts";
import { channelUrl, topicUrl } from "../messages/narrow_url.ts";
import { escapeHtml, startTag } from "../messages/rendering/html_edits.ts";
import { conversationHeader } from "../messages/rendering/mail_messages.ts";
import type { MailReader } from "../messages/rendering/mail_page.ts";
import { userReader } from "../messages/rendering/user_reader.ts";
import type { Channel } from "./channels.ts";
import type { Conversation } from "./conversations.ts";
import type { DigestMaker } from "./maker.ts";
import type { DigestReader } from "./readers.ts";
import { digestSender, topicName } from "./words.ts";

/** A conversation, and the channel in which it is. */
export interface PlacedConversation extends Conversation {
  readonly channel: Channel;
}

/** What a digest tells of. */
export interface Digest {
  readonly reader: DigestReader;
  readonly realm: NamedRealm;
  readonly unsubscribeLink: string;
  readonly newChannels: readonly Channel[];
  /** Not used where the mail may not show messages. */
  readonly conversations: readonly PlacedConversation[];
  /** Only for mails that may not show messages. */
  readonly newMessages: number;
}

/** A mail, and what the log should say of its messages. */
export interface DigestMail {
  readonly event: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** Makes the event of a digest's mail, with the keys of Zulip's. */
export function digestMail(digest: Digest, maker: DigestMaker): DigestMail {
  const { reader: { id, language } } = digest;
  const text: TextOf = (...args) => maker.text(language, ...args);
  const { keys, warnings } = contentKeys(digest, maker, text);
  return {
    event: {
      template_prefix: "zerver/emails/digest",
      to_user_ids: [id],
      to_emails: null,
      from_name: digestSender(maker.installationName, text),
      from_address: "NO_REPLY",
      language: null,
      context: {
        ...commonContext(digest.realm, digest.reader.name),
        unsubscribe_link: digest.unsubscribeLink,
        new_streams_count: digest.newChannels.length,
        ...keys,
      },
    },
    warnings,
  };
}

interface Content {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

function contentKeys(digest: Digest, maker: DigestMaker, text: TextOf): Content {
  const { byUser, byRealm } = digest.reader.showsContent;
  if (byUser && byRealm) return shownKeys(digest, maker, text);
  const keys = {
    show_message_content: false,
    message_content_disabled_by_user: !byUser,
    message_content_disabled_by_realm: !byRealm,
    new_messages_count: digest.newMessages,
    hot_conversations: [],
  };
  return { keys, warnings: [] };
}

function shownKeys(
  { reader, realm, newChannels, conversations }: Digest,
  maker: DigestMaker,
  text: TextOf,
): Content {
  const { realmUrl } = realm;
  const place = { realmUrl, timeZone: maker.timeZone, ...hiddenTexts(text) };
  const readsAs = userReader(reader, place);
  const shown = conversations.map((one) => shownConversation(one, readsAs, maker, text));
  const keys = {
    show_message_content: true,
    new_messages_count: 0,
    hot_conversations: shown.map(({ keys }) => keys),
    new_channels: {
      plain: newChannels.map(({ name }) => `#${name}`),
      html: newChannels.map((channel) => channelLink(realmUrl, channel)),
    },
  };
  return { keys, warnings: shown.flatMap(({ warnings }) => warnings) };
}

function shownConversation(
  { topic, messages, participants, channel }: PlacedConversation,
  readsAs: MailReader,
  { show }: DigestMaker,
  text: TextOf,
): Content {
  const { realmUrl } = readsAs;
  const { conversation, warnings } = show(messages, { kind: "channel" }, readsAs);
  const header = conversationHeader(
    { name: channel.name, url: channelUrl(realmUrl, channel) },
    {
      name: topicName(topic.name, text),
      url: topicUrl(realmUrl, { ...channel, topic: topic.name }, messages[0].id),
    },
  );
  const keys = {
    participants,
    count: topic.messages - messages.length,
    first_few_messages: { header, senders: conversation.senders },
  };
  return { keys, warnings };
}

function channelLink(realmUrl: string, channel: Channel): string {
  const href = channelUrl(realmUrl, channel);
  return `${startTag("a", [["href", href]])}${escapeHtml(`#${channel.name}`)}</a>`;
}
