import assert from "node:assert/strict";
import { readRegistration } from "../../../../lib/domain/realtime/register/parameters.ts";

function read(form: Record<string, string>) {
  return readRegistration(new Map(Object.entries(form)));
}

Deno.test("a client that says nothing gets all events, as Markdown, for 10 minutes", () => {
  assert.deepEqual(read({}), {
    kind: "registration",
    registration: {
      eventTypes: null,
      fetchTypes: null,
      applyMarkdown: false,
      clientGravatar: true,
      allPublicStreams: false,
      includeSubscribers: false,
      narrow: [],
      capabilities: new Set(["pronouns_field_type_supported"]),
      knowsNullSettings: false,
      idleTimeoutSeconds: 600,
      ignored: [],
    },
  });
});

Deno.test("each parameter has its effect", () => {
  const rows: [form: Record<string, string>, expected: Record<string, unknown>][] = [
    [{ event_types: '["message"]' }, { eventTypes: ["message"], fetchTypes: ["message"] }],
    [{ event_types: '["message"]', fetch_event_types: '["stream"]' }, { fetchTypes: ["stream"] }],
    [{ event_types: "null" }, { eventTypes: null }],
    [{ apply_markdown: "true", client_gravatar: "false" }, {
      ...{ applyMarkdown: true, clientGravatar: false },
    }],
    [{ all_public_streams: "true" }, { allPublicStreams: true }],
    [{ include_subscribers: "partial" }, { includeSubscribers: true }],
    [{ include_subscribers: '"partial"' }, { includeSubscribers: true }],
    [{ narrow: '[["channel","Design"]]' }, { narrow: [["channel", "Design"]] }],
    [{ queue_lifespan_secs: "3600" }, { idleTimeoutSeconds: 3600 }],
    [{ queue_lifespan_secs: "0" }, { idleTimeoutSeconds: 600 }],
    [{ idle_queue_timeout: "mobile" }, { idleTimeoutSeconds: 43_200 }],
    [{ idle_queue_timeout: "99999999" }, { idleTimeoutSeconds: 604_800 }],
    [{ slim_presence: "true", client_capabilities: '{"empty_topic_name":true,"novel":true}' }, {
      capabilities: new Set([
        ...["slim_presence", "pronouns_field_type_supported", "empty_topic_name"],
      ]),
    }],
    [{ client_capabilities: '{"notification_settings_null":true}' }, { knowsNullSettings: true }],
    [{ novel: "1", other: "x" }, { ignored: ["novel", "other"] }],
  ];
  for (const [form, expected] of rows) {
    const result = read(form);
    assert(result.kind === "registration", JSON.stringify(result));
    const registration: Record<string, unknown> = { ...result.registration };
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(registration[key], value, `${JSON.stringify(form)}: ${key}`);
    }
  }
});

const TEXTS = "a list of strings, of up to 500, each of up to 100 characters";

Deno.test("what cannot be read is an error that names the parameter", () => {
  const rows: [name: string, value: string, message: string][] = [
    ["event_types", "[", 'Argument "event_types" is not valid JSON.'],
    ["event_types", "message", `event_types is not ${TEXTS}`],
    ["event_types", "[1]", `event_types is not ${TEXTS}`],
    ["event_types", JSON.stringify(Array(501).fill("a")), `event_types is not ${TEXTS}`],
    ["fetch_event_types", JSON.stringify(["a".repeat(101)]), `fetch_event_types is not ${TEXTS}`],
    ["apply_markdown", "yes", "apply_markdown is not true or false"],
    ["queue_lifespan_secs", "-1", "queue_lifespan_secs is not a whole number from 0"],
    [
      "idle_queue_timeout",
      "desktop",
      'idle_queue_timeout is not a whole number from 0 or "mobile"',
    ],
    ["client_capabilities", "[]", "client_capabilities is not an object"],
    ["narrow", "{}", "narrow is not a list of [operator, operand] pairs"],
    ["narrow", '[["is","muted"]]', "Operand muted not supported."],
  ];
  for (const [name, value, message] of rows) {
    assert.deepEqual(read({ [name]: value }), { kind: "error", message });
  }
});
