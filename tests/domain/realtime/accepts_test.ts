import assert from "node:assert/strict";
import { accepts } from "../../../lib/domain/realtime/accepts.ts";
import {
  CAPABILITIES,
  type Capability,
  type EventClient,
} from "../../../lib/domain/realtime/client.ts";
import type { RealtimeEvent } from "../../../lib/domain/realtime/event.ts";
import { eventClient } from "../../fixtures/realtime/clients.ts";

Deno.test("a client gets the types of events that it asked for", () => {
  const rows: [eventTypes: string[] | null, type: string, boolean][] = [
    [null, "reaction", true],
    [["reaction"], "reaction", true],
    [["message"], "reaction", false],
    [[], "reaction", false],
    [null, "a_type_of_tomorrow", true],
    [null, "muted_topics", true],
    [["muted_topics"], "muted_topics", true],
    [["muted_topics", "user_topic"], "muted_topics", false],
  ];
  for (const [eventTypes, type, expected] of rows) {
    assert.equal(accepts(eventClient({ eventTypes }), { type }), expected, `${eventTypes} ${type}`);
  }
});

Deno.test("some events are for clients with a capability, and some for those without", () => {
  const rows: [RealtimeEvent, Capability, isFor: "with" | "without"][] = [
    [{ type: "typing", stream_id: 3 }, "stream_typing_notifications", "with"],
    [{ type: "update_display_settings" }, "user_settings_object", "without"],
    [{ type: "update_global_notifications" }, "user_settings_object", "without"],
    [{ type: "user_group", op: "remove" }, "include_deactivated_groups", "without"],
    [
      { type: "user_group", op: "update", data: { deactivated: true } },
      "include_deactivated_groups",
      "with",
    ],
    [{ type: "stream", op: "update", property: "is_archived" }, "archived_channels", "with"],
  ];
  for (const [event, capability, isFor] of rows) {
    const others = (Object.keys(CAPABILITIES) as Capability[]).filter((each) =>
      each !== capability
    );
    const what = JSON.stringify(event);
    assert.equal(accepts(eventClient({ can: [capability] }), event), isFor === "with", what);
    assert.equal(accepts(eventClient({ can: others }), event), isFor === "without", what);
  }
  for (
    const event of [
      { type: "typing", recipients: [] },
      { type: "user_group", op: "update", data: { name: "a" } },
      { type: "stream", op: "update", property: "name" },
    ]
  ) assert.ok(accepts(eventClient(), event), JSON.stringify(event));
});

Deno.test("a client with a narrow gets the messages in it, and all other events", () => {
  const client: EventClient = eventClient({ narrow: [["is", "mentioned"]] });
  const message = (...flags: string[]) => ({ type: "message", message: { type: "stream" }, flags });
  assert.equal(accepts(client, message("mentioned")), true);
  assert.equal(accepts(client, message()), false);
  assert.equal(accepts(client, { type: "update_message", flags: [] }), true);
});
