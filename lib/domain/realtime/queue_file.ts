/**
 * Queues as they are kept in a file while the process is down, in the form of Zulip's files, also of
 * older ones. What Zulip does not keep, `user_recipient_id`, `is_guest`, `is_offline` and `is_lost`,
 * are further keys.
 *
 * @module
 */

import { z } from "zod";
import { CAPABILITIES, capabilitiesOf, type Capability, type EventClient } from "./client.ts";
import { ClientQueue, type DumpedQueue } from "./client_queue.ts";
import { readNarrow } from "./narrow.ts";

/** A queue with its client, and when it ends. */
export interface KeptQueue {
  readonly client: EventClient;
  readonly queue: ClientQueue;
  /** Seconds without a poll after which it is removed. */
  readonly idleTimeoutSeconds: number;
  /** When its last poll began, or it was made, in ms since 1970. */
  readonly polledAt: number;
  /** Whether nobody has asked for it for so long that its user does not count as online by it. */
  readonly isOffline: boolean;
  /** Whether its client cannot poll it any more: it lacks events, or ids that were handed out. */
  readonly isLost: boolean;
}

/** The content of a file that was read. */
export interface ReadQueues {
  readonly queues: readonly KeptQueue[];
  /** Queues that cannot be read, each with the reason. Their clients have to register again. */
  readonly refused: readonly { readonly queueId: string; readonly reason: string }[];
}

const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as Capability[];

const event = z.looseObject({ type: z.string(), id: z.int() });

const capabilities = z.object(
  Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, z.boolean().optional()])) as Record<
    Capability,
    z.ZodOptional<z.ZodBoolean>
  >,
);

const stored = z.object({
  user_profile_id: z.int(),
  realm_id: z.int(),
  event_queue: z.object({
    id: z.string(),
    next_event_id: z.int(),
    newest_pruned_id: z.int().nullish().transform((id) => id ?? -1),
    queue: z.array(event),
    virtual_events: z.record(z.string(), event).default({}),
  }),
  queue_timeout: z.number(),
  event_types: z.array(z.string()).nullable(),
  /** Seconds since 1970, with fractions. */
  last_connection_time: z.number(),
  /** `client_type` in old files. */
  client_type_name: z.string(),
  apply_markdown: z.boolean(),
  client_gravatar: z.boolean().default(false),
  all_public_streams: z.boolean().default(false),
  narrow: z.unknown().default([]),
  user_recipient_id: z.int().nullish(),
  is_guest: z.boolean().default(false),
  is_offline: z.boolean().default(false),
  is_lost: z.boolean().default(false),
});

const file = z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())]));

/** The value that is written to a file as JSON: `[[queue id, queue], …]`. */
export function dumpQueues(queues: Iterable<KeptQueue>): unknown {
  return [...queues].map((kept) => [kept.client.queueId, dumped(kept)]);
}

/**
 * Reads the value of a file.
 *
 * @param value Parsed JSON, as {@linkcode dumpQueues} or a Zulip server made it.
 * @throws {Error} When it is no list of queues at all.
 */
export function loadQueues(value: unknown): ReadQueues {
  const read = file.safeParse(value);
  if (!read.success) {
    throw new Error("The file of the queues has to be a list of pairs [queue id, queue].");
  }
  const queues: KeptQueue[] = [];
  const refused: { queueId: string; reason: string }[] = [];
  for (const [queueId, entry] of read.data) {
    const kept = loaded(queueId, entry);
    if (typeof kept === "string") refused.push({ queueId, reason: kept });
    else queues.push(kept);
  }
  return { queues, refused };
}

function dumped(kept: KeptQueue) {
  const { client, queue, idleTimeoutSeconds, polledAt, isOffline, isLost } = kept;
  return {
    user_profile_id: client.userId,
    realm_id: client.realmId,
    event_queue: queue.dump(),
    queue_timeout: idleTimeoutSeconds,
    event_types: client.eventTypes,
    last_connection_time: polledAt / 1000,
    client_type_name: client.clientName,
    apply_markdown: client.applyMarkdown,
    client_gravatar: client.clientGravatar,
    all_public_streams: client.allPublicStreams,
    narrow: client.narrow,
    user_recipient_id: client.userRecipientId,
    is_guest: client.isGuest === true,
    is_offline: isOffline,
    is_lost: isLost,
    ...Object.fromEntries(
      CAPABILITY_NAMES.map((name) => [name, client.capabilities.has(name)]),
    ),
  };
}

/** A queue, or why it cannot be read. */
function loaded(queueId: string, entry: Readonly<Record<string, unknown>>): KeptQueue | string {
  const named = { ...entry, client_type_name: entry.client_type_name ?? entry.client_type };
  const read = stored.and(capabilities).safeParse(named);
  if (!read.success) return z.prettifyError(read.error);
  const data = read.data;
  const narrow = readNarrow(data.narrow);
  if (narrow.kind === "error") return narrow.message;
  const client: EventClient = {
    queueId,
    userId: data.user_profile_id,
    realmId: data.realm_id,
    clientName: data.client_type_name,
    eventTypes: data.event_types,
    applyMarkdown: data.apply_markdown,
    clientGravatar: data.client_gravatar,
    allPublicStreams: data.all_public_streams,
    narrow: narrow.narrow,
    capabilities: capabilitiesOf(data),
    userRecipientId: data.user_recipient_id ?? undefined,
    isGuest: data.is_guest,
  };
  return {
    client,
    queue: ClientQueue.load(data.event_queue as DumpedQueue),
    idleTimeoutSeconds: data.queue_timeout,
    polledAt: Math.round(data.last_connection_time * 1000),
    isOffline: data.is_offline,
    isLost: data.is_lost,
  };
}
