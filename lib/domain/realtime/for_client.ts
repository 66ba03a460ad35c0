/**
 * An event as one client gets it: events of some types have keys or values that depend on what the
 * client can handle. Messages are made by `message_for_client.ts`.
 *
 * @module
 */

import { accepts } from "./accepts.ts";
import type { Capability, EventClient } from "./client.ts";
import type { RealtimeEvent } from "./event.ts";
import { shownTopic } from "./topic.ts";

type Can = (capability: Capability) => boolean;
/** The events that a client gets for one. The event itself is not changed. */
type Form = (event: RealtimeEvent, can: Can) => readonly RealtimeEvent[];

const PRONOUNS = 8;
const SHORT_TEXT = 1;

/** By type, or by type and op. Events that are not here are the same for all clients. */
const FORMS: Readonly<Record<string, Form>> = {
  update_message: withTopics("orig_subject", "subject"),
  user_topic: withTopics("topic_name"),
  typing: (event, can) =>
    event.message_type === "stream" ? withTopics("topic")(event, can) : [event],
  "update_message_flags remove": (event, can) => [withTopicsOfDetails(event, can)],
  delete_message: deletions,
  presence,
  custom_profile_fields: (event, can) =>
    can("pronouns_field_type_supported") ? [event] : [withoutPronouns(event)],
  realm_linkifiers: (event, can) =>
    can("linkifier_url_template") ? [event] : [{ ...event, realm_linkifiers: [] }],
  "realm_user add": unlessMarked("inaccessible_user", "user_list_incomplete", "with"),
  "user_group add": unlessMarked("for_reactivation", "include_deactivated_groups", "with"),
  "user_group update": unlessMarked("deactivated", "include_deactivated_groups", "without"),
  "stream create": unlessMarked("for_unarchiving", "archived_channels", "with"),
  "stream delete": unlessMarked("for_archiving", "archived_channels", "with"),
};

/**
 * What a client gets for an event: nothing if it does not take it, else mostly one event, and several
 * where older clients know none for the whole.
 *
 * @param event Of any type but `message`, without keys for the server alone. It may be shared with
 * other clients: it is not changed.
 */
export function forClient(client: EventClient, event: RealtimeEvent): readonly RealtimeEvent[] {
  if (!accepts(client, event)) return [];
  const form = formOf(event.type) ?? formOf(`${event.type} ${String(event.op ?? event.operation)}`);
  return form?.(event, (capability) => client.capabilities.has(capability)) ?? [event];
}

function formOf(key: string): Form | undefined {
  return Object.hasOwn(FORMS, key) ? FORMS[key] : undefined;
}

function withTopics(...keys: readonly string[]): Form {
  return (event, can) => {
    const empty = keys.filter((key) => event[key] === "");
    if (can("empty_topic_name") || empty.length === 0) return [event];
    return [{ ...event, ...Object.fromEntries(empty.map((key) => [key, shownTopic("")])) }];
  };
}

/** Messages that are unread again, each with its topic. */
function withTopicsOfDetails(event: RealtimeEvent, can: Can): RealtimeEvent {
  const details = event.message_details;
  if (can("empty_topic_name") || typeof details !== "object" || details === null) return event;
  const shown = Object.entries(details as Record<string, Record<string, unknown>>)
    .map(([id, one]) => [
      id,
      one?.type === "stream" ? { ...one, topic: shownTopic(one.topic) } : one,
    ]);
  return { ...event, message_details: Object.fromEntries(shown) };
}

/** Older clients get one event for each message. */
function deletions(event: RealtimeEvent, can: Can): readonly RealtimeEvent[] {
  const [shown = event] = withTopics("topic")(event, can);
  const { message_ids: ids, ...rest } = shown;
  if (can("bulk_message_deletion") || !Array.isArray(ids)) return [shown];
  return ids.map((message_id) => ({ ...rest, message_id }));
}

/** Notices of servers before 2025 have `presence` alone, and those of very old ones name nobody. */
function presence(event: RealtimeEvent, can: Can): readonly RealtimeEvent[] {
  const { type, user_id, email, server_timestamp, modern_presence } = event;
  const legacy = event.legacy_presence ?? event.presence;
  if (typeof user_id !== "number") return [];
  if (can("simplified_presence_events")) {
    return modern_presence === undefined
      ? []
      : [{ type, presences: { [user_id]: modern_presence } }];
  }
  const slim = { user_id, server_timestamp, presence: legacy };
  return [can("slim_presence") ? { type, ...slim } : { type, email, ...slim }];
}

function withoutPronouns(event: RealtimeEvent): RealtimeEvent {
  if (!Array.isArray(event.fields)) return event;
  const fields = (event.fields as readonly Record<string, unknown>[]).map((field) =>
    field?.type === PRONOUNS ? { ...field, type: SHORT_TEXT } : field
  );
  return { ...event, fields };
}

/** Clients with a capability, or those without, do not get an event that is marked by a key. */
function unlessMarked(key: string, capability: Capability, whose: "with" | "without"): Form {
  return ({ [key]: isMarked, ...event }, can) =>
    isMarked === true && can(capability) === (whose === "with") ? [] : [event as RealtimeEvent];
}
