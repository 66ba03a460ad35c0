/**
 * Mail to a channel.
 *
 * @module
 */

import { shapeOf } from "../database/shape.ts";
import { SendError } from "../messages/send/new_message.ts";
import { checkedTopic } from "../messages/send/new_message.ts";
import { refusalToPost } from "../messages/send/posting.ts";
import type { MirrorAddress, MirrorOptions } from "./address.ts";
import { deliver, type DeliveryEnd } from "./delivery.ts";
import {
  type MailRun,
  messagesOf,
  type MirrorSetup,
  misaddressed,
  refuseLoop,
} from "./mail_run.ts";
import { NoMessage } from "./no_message.ts";
import { hiddenAddress } from "./recipient.ts";
import { isForwarded, topicOf } from "./subject.ts";
import { type ChannelTarget, channelTarget } from "./targets.ts";

/**
 * Posts a mail to a channel.
 *
 * @throws {NoMessage} When it becomes no message.
 * @throws What {@linkcode deliver} throws, except `SendError`.
 */
export async function postToChannel(
  { token, options }: Extract<MirrorAddress, { kind: "channel" }>,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  const target = await channelTarget(run.db, token);
  if (!target) {
    const shown = hiddenAddress(run.recipient, setup.patterns, "Invalid address");
    const text = `Bad stream token from email recipient ${shown}`;
    throw misaddressed(run, setup, text, "Invalid address");
  }
  refuseLoop(run, setup, { isAnswer: false, realm: target.realm });
  const subject = topicOf(run.mail.subject);
  const topic = target.hasNoTopics ? "" : checkedTopic(subject);
  await checkSender(target, topic, run);
  const end = await post(target, { topic, subject, options }, setup, run);
  if (end.kind === "sent") {
    run.log.info("Successfully processed email to {channel} ({realm})", shownTarget(target));
  }
  return end;
}

interface Post {
  readonly topic: string;
  readonly subject: string;
  readonly options: MirrorOptions;
}

async function post(
  target: ChannelTarget,
  { topic, subject, options }: Post,
  setup: MirrorSetup,
  run: MailRun,
): Promise<DeliveryEnd> {
  const { senderId, realmId, streamId } = target;
  const { messages, uploads } = messagesOf(
    run,
    { senderId, realmId, to: { kind: "channel", streamId, topic } },
    {
      ...options,
      isQuiet: true,
      includeQuotes: options.includeQuotes || isForwarded(run.mail.subject),
      ...(target.hasNoTopics && { subject }),
    },
  );
  const delivery = { key: run.key, messages, uploads, ownerId: senderId, realmId };
  try {
    return await deliver(delivery, setup, run);
  } catch (error) {
    throw error instanceof SendError ? refused(target, error.message) : error;
  }
}

/** @throws {NoMessage} When the sender may not post, or a Zulip server does not know it. */
async function checkSender(target: ChannelTarget, topic: string, { db }: MailRun): Promise<void> {
  const reason = await refusalToPost(db, target.postingId, { streamId: target.streamId, topic });
  if (reason !== undefined) throw refused(target, reason);
  if (!target.isSystemBot || (await shapeOf(db)).kind === "own") return;
  const { channel, realm } = shownTarget(target);
  throw new NoMessage(
    "warn",
    `Failed to process email to ${channel} (${realm}): bots of the server itself cannot send by the ` +
      "REST API; make an address of the channel with another sender",
  );
}

function refused(target: ChannelTarget, reason: string): NoMessage {
  const { channel, realm } = shownTarget(target);
  return new NoMessage("info", `Failed to process email to ${channel} (${realm}): ${reason}`);
}

function shownTarget({ name, realm }: ChannelTarget) {
  return { channel: name, realm };
}
