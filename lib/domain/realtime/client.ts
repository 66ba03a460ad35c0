/**
 * What a client asked for when it registered its queue, which decides what it gets.
 *
 * @module
 */

import type { Narrow } from "./narrow.ts";

/**
 * What a client says it can handle, each with its value for clients that do not say. Clients without
 * one get events in the form that older servers had.
 */
export const CAPABILITIES = {
  /** Whether presence comes without the user's address. */
  slim_presence: false,
  simplified_presence_events: false,
  bulk_message_deletion: false,
  stream_typing_notifications: false,
  user_settings_object: false,
  pronouns_field_type_supported: true,
  linkifier_url_template: false,
  user_list_incomplete: false,
  include_deactivated_groups: false,
  archived_channels: false,
  empty_topic_name: false,
} as const satisfies Readonly<Record<string, boolean>>;

/** One of {@linkcode CAPABILITIES}. */
export type Capability = keyof typeof CAPABILITIES;

/** A client that has a queue. */
export interface EventClient {
  readonly queueId: string;
  readonly userId: number;
  readonly realmId: number;
  /** The kind of client, such as `website` or `ZulipMobile`. */
  readonly clientName: string;
  /** The types of events that it asked for; null for all. */
  readonly eventTypes: readonly string[] | null;
  /** Whether it asked for messages as HTML. */
  readonly applyMarkdown: boolean;
  /** Whether it computes the addresses of Gravatar's pictures itself. */
  readonly clientGravatar: boolean;
  /** Whether it asked for the messages of all public channels. */
  readonly allPublicStreams: boolean;
  readonly narrow: Narrow;
  readonly capabilities: ReadonlySet<Capability>;
  /**
   * The recipient row of the client's user: a direct message to it is filed under its sender's.
   * Absent in files of Zulip.
   */
  readonly userRecipientId?: number | undefined;
  /** Whether the user is a guest, who reads only the channels that it is in. @default {false} */
  readonly isGuest?: boolean | undefined;
}

/** The capabilities of a client, of what it said when it registered. */
export function capabilitiesOf(
  said: Readonly<Partial<Record<Capability, boolean | undefined>>>,
): ReadonlySet<Capability> {
  const all = Object.keys(CAPABILITIES) as Capability[];
  return new Set(all.filter((name) => said[name] ?? CAPABILITIES[name]));
}

/** Whether a client asked for a type of events. Heartbeats come to every client. */
export function wantsType({ eventTypes }: Pick<EventClient, "eventTypes">, type: string): boolean {
  return eventTypes === null || type === "heartbeat" || eventTypes.includes(type);
}

/** Whether a user is online by this client. */
export function takesMessages(client: Pick<EventClient, "eventTypes">): boolean {
  return wantsType(client, "message");
}

/**
 * Whether a client gets the messages of all public channels, also of those in which its user is not:
 * it asked for that, or for a narrow. Guests may not.
 */
export function readsPublicChannels(
  { allPublicStreams, narrow, isGuest }: Pick<
    EventClient,
    "allPublicStreams" | "narrow" | "isGuest"
  >,
): boolean {
  return isGuest !== true && (allPublicStreams || narrow.length > 0);
}
