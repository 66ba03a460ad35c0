import assert from "node:assert/strict";
import type { Capability } from "../../../lib/domain/realtime/client.ts";
import type { RealtimeEvent } from "../../../lib/domain/realtime/event.ts";
import { forClient } from "../../../lib/domain/realtime/for_client.ts";
import { eventClient } from "../../fixtures/realtime/clients.ts";

type Row = [what: string, event: RealtimeEvent, can: Capability[], got: unknown[]];

/** An event that clients with and without a capability get in two forms. */
function forms(
  what: string,
  capability: Capability,
  event: RealtimeEvent,
  got: { with: unknown[]; without: unknown[] },
): Row[] {
  return [
    [`${what}, with ${capability}`, event, [capability], got.with],
    [`${what}, without ${capability}`, event, [], got.without],
  ];
}

function check(rows: readonly Row[]): void {
  for (const [what, event, can, got] of rows) {
    const before = structuredClone(event);
    assert.deepEqual(forClient(eventClient({ can }), event), got, what);
    assert.deepEqual(event, before, `${what}: the event is as before`);
  }
}

Deno.test("the empty topic has a name for clients that do not know it", () => {
  const both = (event: RealtimeEvent, shown: Record<string, unknown>) =>
    forms(event.type, "empty_topic_name", event, {
      with: [event],
      without: [{ ...event, ...shown }],
    });
  const typing = { type: "typing", op: "start", message_type: "stream", topic: "" };
  const details = (topic: string) => ({
    4: { type: "stream", stream_id: 3, topic },
    5: { type: "private", user_ids: [7] },
    6: { type: "stream", stream_id: 3, topic: "a" },
  });
  check([
    ...both({ type: "update_message", orig_subject: "", subject: "a" }, {
      orig_subject: "general chat",
    }),
    ...both({ type: "update_message", orig_subject: "b", subject: "" }, {
      subject: "general chat",
    }),
    ...both({ type: "update_message", content: "c" }, {}),
    ...both({ type: "user_topic", topic_name: "" }, { topic_name: "general chat" }),
    ...both({ type: "user_topic", topic_name: "a" }, {}),
    ...both({
      type: "update_message_flags",
      op: "remove",
      operation: "remove",
      flag: "read",
      message_details: details(""),
    }, { message_details: details("general chat") }),
    ...both({ type: "update_message_flags", op: "remove", flag: "starred", messages: [1] }, {}),
    ["typing, with both", typing, ["empty_topic_name", "stream_typing_notifications"], [typing]],
    ["typing", typing, ["stream_typing_notifications"], [{ ...typing, topic: "general chat" }]],
  ]);
});

Deno.test("deleted messages are one event, or one each for older clients", () => {
  const event = { type: "delete_message", message_type: "stream", message_ids: [4, 5], topic: "" };
  const one = { type: "delete_message", message_type: "stream", topic: "general chat" };
  const { message_ids: _, ...older } = { ...event, message_id: 4, topic: "a" };
  check([
    ["bulk", event, ["bulk_message_deletion", "empty_topic_name"], [event]],
    ["one each", event, [], [{ ...one, message_id: 4 }, { ...one, message_id: 5 }]],
    ["a notice of one message", older, [], [older]],
  ]);
});

Deno.test("presence has the form that a client knows", () => {
  const legacy = { website: { status: "active", timestamp: 9 } };
  const modern = { active_timestamp: 9, idle_timestamp: 9 };
  const event = { type: "presence", user_id: 7, email: "ann@example.com", server_timestamp: 10 };
  const notice = { ...event, legacy_presence: legacy, modern_presence: modern };
  const full = { ...event, presence: legacy };
  const { email: _, ...slim } = full;
  check([
    ["modern", notice, ["simplified_presence_events", "slim_presence"], [
      { type: "presence", presences: { 7: modern } },
    ]],
    ["slim", notice, ["slim_presence"], [slim]],
    ["full", notice, [], [full]],
    ["of an older server", full, [], [full]],
    ["of an older server, slim", full, ["slim_presence"], [slim]],
    ["of an older server, modern", full, ["simplified_presence_events"], []],
    ["that names nobody", { type: "presence", email: "ann@example.com" }, [], []],
  ]);
});

Deno.test("what clients do not know has a form that they know", () => {
  const fields = (type: number) => ({
    type: "custom_profile_fields",
    fields: [{ id: 1, type }, { id: 2, type: 4 }],
  });
  const linkifiers = { type: "realm_linkifiers", realm_linkifiers: [{ id: 1 }] };
  check([
    ...forms("pronouns", "pronouns_field_type_supported", fields(8), {
      with: [fields(8)],
      without: [fields(1)],
    }),
    ...forms("linkifiers", "linkifier_url_template", linkifiers, {
      with: [linkifiers],
      without: [{ ...linkifiers, realm_linkifiers: [] }],
    }),
  ]);
});

Deno.test("what is marked goes only to clients that need it, without the mark", () => {
  const marked = (type: string, op: string, key: string, more: Record<string, unknown> = {}) => ({
    event: { type, op, ...more, [key]: true },
    off: { type, op, ...more, [key]: false },
    clean: { type, op, ...more },
  });
  const withoutIt: [Capability, ReturnType<typeof marked>][] = [
    ["user_list_incomplete", marked("realm_user", "add", "inaccessible_user")],
    ["include_deactivated_groups", marked("user_group", "add", "for_reactivation")],
    ["archived_channels", marked("stream", "create", "for_unarchiving")],
    ["archived_channels", marked("stream", "delete", "for_archiving")],
  ];
  for (const [capability, { event, off, clean }] of withoutIt) {
    check(forms("marked", capability, event, { with: [], without: [clean] }));
    check(forms("not marked", capability, off, { with: [clean], without: [clean] }));
  }
  const named = marked("user_group", "update", "deactivated", { data: { name: "a" } });
  const capability = "include_deactivated_groups";
  check(forms("marked", capability, named.event, { with: [named.clean], without: [] }));
  check(
    forms("not marked", capability, named.off, { with: [named.clean], without: [named.clean] }),
  );
});

Deno.test("other events are the same object for all, also those of unknown types", () => {
  for (
    const event of [{ type: "reaction", op: "add" }, { type: "tomorrow" }, { type: "valueOf" }]
  ) {
    assert.equal(forClient(eventClient(), event)[0], event);
  }
  assert.deepEqual(forClient(eventClient({ eventTypes: [] }), { type: "reaction" }), []);
});

Deno.test("an event that lacks what its type has is passed on as it is", () => {
  for (
    const event of [
      { type: "custom_profile_fields" },
      { type: "custom_profile_fields", fields: [null] },
      { type: "update_message_flags", op: "remove", flag: "read", message_details: { 7: null } },
      { type: "delete_message", message_ids: "7" },
      { type: "typing" },
    ]
  ) assert.deepEqual(forClient(eventClient(), event), [event]);
});
