/**
 * What a notice leads to: the events of each client, and the mails and pushes of those who are away.
 *
 * This decides and does nothing. The caller reads a notice, asks {@linkcode dispatch} for its outcome,
 * and then carries it out as a whole:
 *
 * - it pushes each delivery into the client's `ClientQueue` and ends the poll that waits for it,
 * - it publishes the `notices`, each with its id, so that a repeated one is the same event,
 * - it removes the queue of `cleanup`, if that is the user's.
 *
 * A notice that cannot be read throws before anything was done.
 *
 * @module
 */

import { accepts } from "./accepts.ts";
import { type Clients, type Target, targetsOf } from "./audience.ts";
import { type EventClient, takesMessages } from "./client.ts";
import { type Edit, editNotices } from "./edits.ts";
import type { RealtimeEvent } from "./event.ts";
import { forClient } from "./for_client.ts";
import { type InternalData, toInternalData } from "./internal_data.ts";
import { isEcho, messageVariants, type WideMessage } from "./message_for_client.ts";
import {
  AUDIENCE_KEYS,
  type MessageAudience,
  messageAudience,
  type NoticeUser,
} from "./message_notice.ts";
import { cleanupNotice, messageNotice, type Notice, updateMessageNotice } from "./notice.ts";
import { type NoticeEvent, noticeEvents } from "./notice_events.ts";
import { userNotifications } from "./notified.ts";

/** An event that a client gets. Several deliveries may share one object. */
export interface Delivery<Client extends EventClient> {
  readonly client: Client;
  readonly event: RealtimeEvent;
}

/** What a notice leads to. */
export interface Outcome<Client extends EventClient> {
  /** In the order in which each client is to get them. */
  readonly deliveries: readonly Delivery<Client>[];
  /** Events of the queues of mails and pushes. */
  readonly notices: readonly NoticeEvent[];
  /** A queue that is to be removed, if it is the user's. */
  readonly cleanup?: { readonly userId: number; readonly queueId: string };
}

/**
 * What a notice leads to.
 *
 * @param notice As `notice` of `notice.ts` reads it.
 * @throws {z.ZodError} When the event lacks what its type has.
 */
export function dispatch<Client extends EventClient>(
  notice: Notice,
  clients: Clients<Client>,
): Outcome<Client> {
  const { event, users } = notice;
  if (event.type === "message") return newMessage(notice, clients);
  if (event.type === "update_message") return edited(notice, clients);
  if (event.type === "cleanup_queue") return cleanup(notice);
  return { deliveries: toEach(users, clients, () => event), notices: [] };
}

/** A message to its clients. Who is to be notified is kept with it, for when the user leaves. */
function newMessage<Client extends EventClient>(
  { event, users }: Notice,
  clients: Clients<Client>,
): Outcome<Client> {
  const sent = messageNotice.parse(event);
  const audience = messageAudience.parse(event);
  const isPrivateChannel = sent.invite_only === true;
  const isPublic = typeof sent.stream_name === "string" && !isPrivateChannel;
  const variantFor = messageVariants(sent.message_dict, {
    realmHost: sent.realm_host,
    strangers: sent.user_ids_without_access_to_sender,
    isPrivateChannel,
  });
  const judged = users.map((user) => judge(sent.message_dict, audience, user, clients));
  const internal = new Map(judged.map(({ userId, data }) => [userId, toInternalData(data)]));
  const targets = targetsOf(clients, users, {
    publicInRealm: isPublic ? sent.realm_id ?? undefined : undefined,
    senderQueueId: sent.sender_queue_id ?? undefined,
  });
  const eventFor = ({ client, flags, isSender }: Target<Client>): RealtimeEvent => ({
    type: "message",
    message: variantFor(client),
    flags,
    ...(isSender && typeof sent.local_id === "string" && { local_message_id: sent.local_id }),
    ...(internal.has(client.userId) && { internal_data: internal.get(client.userId) }),
  });
  const deliveries = targets
    .filter(({ client }) => takesMessages(client) && !isEcho(sent.message_dict, client))
    .map((target) => ({ client: target.client, event: eventFor(target) }))
    .filter(({ client, event }) => accepts(client, event));
  return { deliveries, notices: judged.flatMap(({ notices }) => notices) };
}

/** What one user is notified of a new message by. */
function judge<Client extends EventClient>(
  message: WideMessage,
  audience: MessageAudience,
  user: NoticeUser,
  clients: Clients<Client>,
) {
  const notifications = userNotifications(user, audience, message.type === "private");
  const isAway = audience.presence_idle_user_ids.has(user.id) || clients.isAway(user.id);
  const notices = noticeEvents({
    ...{ messageId: message.id, senderId: message.sender_id, userId: user.id },
    ...{ notifications, isAway, mentionedGroupId: user.mentioned_user_group_id },
  });
  const data: InternalData = {
    notifications,
    mentionedGroupId: user.mentioned_user_group_id,
    notifiedBy: notices.map(({ medium }) => medium),
  };
  return { userId: user.id, notices, data };
}

function edited<Client extends EventClient>(
  { event, users }: Notice,
  clients: Clients<Client>,
): Outcome<Client> {
  const update = updateMessageNotice.parse(event);
  const audience = messageAudience.parse(event);
  const shown = Object.fromEntries(
    Object.entries(event).filter(([key]) => !AUDIENCE_KEYS.has(key)),
  ) as RealtimeEvent;
  const deliveries = toEach(users, clients, ({ flags }) => ({ ...shown, flags }));
  const editorId = update.user_id ?? undefined;
  if ((update.rendering_only ?? editorId === undefined) || editorId === undefined) {
    return { deliveries, notices: [] };
  }
  const edit: Edit = {
    ...{ messageId: update.message_id, editorId, editedAt: update.edit_timestamp, audience },
    isDirect: typeof update.stream_name !== "string" && typeof update.stream_id !== "number",
    mentionedBefore: update.prior_mention_user_ids,
  };
  const notices = users.flatMap((user) => {
    const isAway = audience.presence_idle_user_ids.has(user.id) || clients.isAway(user.id);
    return editNotices(edit, user, isAway);
  });
  return { deliveries, notices };
}

function cleanup<Client extends EventClient>({ event, users }: Notice): Outcome<Client> {
  const { queue_id: queueId } = cleanupNotice.parse(event);
  const [user] = users;
  return { deliveries: [], notices: [], ...(user && { cleanup: { userId: user.id, queueId } }) };
}

/** An event to all clients of its users that take it. */
function toEach<Client extends EventClient>(
  users: readonly NoticeUser[],
  clients: Clients<Client>,
  eventOf: (user: NoticeUser) => RealtimeEvent,
): Delivery<Client>[] {
  return users.flatMap((user) => {
    const event = eventOf(user);
    return [...clients.ofUser(user.id)].flatMap((client) =>
      forClient(client, event).map((event) => ({ client, event }))
    );
  });
}
