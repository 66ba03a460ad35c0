/**
 * Which clients a message goes to.
 *
 * @module
 */

import type { EventClient } from "./client.ts";
import type { NoticeUser } from "./message_notice.ts";

/** The clients that have queues, as a dispatch asks for them. */
export interface Clients<Client extends EventClient> {
  /** Those of a user. */
  ofUser(userId: number): Iterable<Client>;
  /**
   * Those of a realm that get the messages of all its public channels, as
   * `readsPublicChannels` of `client.ts` says.
   */
  ofPublicChannels(realmId: number): Iterable<Client>;
  /** Whether a user has no queue that takes messages, but those that are offline. */
  isAway(userId: number): boolean;
}

/** A client that a message may go to. */
export interface Target<Client extends EventClient> {
  readonly client: Client;
  /** The message's flags for the client's user. */
  readonly flags: readonly string[];
  /** The client that sent it. */
  readonly isSender: boolean;
}

/** Where a message was sent. */
export interface Destination {
  /** The realm if it is a public channel: other clients than those of its subscribers may read it. */
  readonly publicInRealm: number | undefined;
  /** The queue of the client that sent it. */
  readonly senderQueueId: string | undefined;
}

/**
 * The clients that a message may go to, each once: those that read all public channels without flags,
 * and all those of the message's users, with their flags.
 */
export function targetsOf<Client extends EventClient>(
  clients: Clients<Client>,
  users: readonly NoticeUser[],
  { publicInRealm, senderQueueId }: Destination,
): readonly Target<Client>[] {
  const targets = new Map<string, Target<Client>>();
  const add = (client: Client, flags: readonly string[]) =>
    targets.set(client.queueId, { client, flags, isSender: client.queueId === senderQueueId });
  if (publicInRealm !== undefined) {
    for (const client of clients.ofPublicChannels(publicInRealm)) add(client, []);
  }
  for (const { id, flags } of users) {
    for (const client of clients.ofUser(id)) add(client, flags);
  }
  return [...targets.values()];
}
