import assert from "node:assert/strict";
import {
  EVENT_SCHEMAS,
  problemOfEvent,
} from "../../../../lib/domain/realtime/event_types/event_types.ts";
import type { RealtimeEvent } from "../../../../lib/domain/realtime/event.ts";
import {
  messageVariants,
  wideMessage,
} from "../../../../lib/domain/realtime/message_for_client.ts";
import { eventClient, wideMessageOf } from "../../../fixtures/realtime/clients.ts";
import { EVENT_EXAMPLES } from "../../../fixtures/realtime/event_examples.ts";

function exampleOf(name: string): RealtimeEvent {
  const [type = "", op] = name.split(" ");
  return { type, ...(op !== undefined && { op }), ...EVENT_EXAMPLES[name] };
}

Deno.test("events of each type have what clients rely on, and may have more", () => {
  assert.deepEqual(Object.keys(EVENT_EXAMPLES).sort(), Object.keys(EVENT_SCHEMAS).sort());
  for (const name of Object.keys(EVENT_SCHEMAS)) {
    const event = exampleOf(name);
    assert.equal(problemOfEvent(event), undefined, name);
    assert.equal(problemOfEvent({ ...event, id: 7, of_tomorrow: {} }), undefined, name);
  }
});

Deno.test("a key that is missing, or that cannot be what it is, is found", () => {
  for (const [name, example] of Object.entries(EVENT_EXAMPLES)) {
    for (const key of Object.keys(example)) {
      const { [key]: _, ...rest } = exampleOf(name);
      const problem = problemOfEvent(rest as RealtimeEvent);
      assert.ok(problem?.startsWith(name), `${name} without ${key}: ${problem}`);
      if (key === "value") continue;
      assert.ok(problemOfEvent({ ...exampleOf(name), [key]: Symbol() }), `${name}, ${key}`);
    }
  }
});

Deno.test("a problem names the key, and no value", () => {
  const { message } = exampleOf("message") as unknown as { message: Record<string, unknown> };
  assert.match(
    problemOfEvent({ type: "message", message: { ...message, sender_id: "secret" }, flags: [] }) ??
      "",
    /^message: message\.sender_id: Invalid input: expected (int|number), received string$/,
  );
});

Deno.test("types and ops that are not known are let through", () => {
  for (
    const event of [{ type: "tomorrow" }, { type: "drafts", op: "tomorrow" }, { type: "valueOf" }]
  ) assert.equal(problemOfEvent(event), undefined);
});

Deno.test("a message as a client gets it is one that clients know", () => {
  for (const applyMarkdown of [true, false]) {
    const variants = messageVariants(wideMessage.parse(wideMessageOf()), {
      ...{ realmHost: "zulip.example.com", strangers: new Set(), isPrivateChannel: false },
    });
    const message = variants(eventClient({ applyMarkdown }));
    assert.equal(problemOfEvent({ type: "message", message, flags: [] }), undefined);
  }
});
