import assert from "node:assert/strict";
import { NOT_DONE, whyNotDone } from "../../../lib/domain/deferred/not_done.ts";
import { orderOf, TYPES, workEvent } from "../../../lib/domain/deferred/work_event.ts";

const EVENTS: readonly [event: Record<string, unknown>, order: string, more?: object][] = [
  [
    {
      type: "mark_stream_messages_as_read",
      user_profile_id: 5,
      stream_recipient_ids: [7, 8],
    },
    "user 5",
  ],
  [
    { type: "mark_stream_messages_as_read_for_everyone", stream_recipient_id: 7 },
    "channel 7",
    { min_id: 0 },
  ],
  [
    { type: "mark_stream_messages_as_read_for_everyone", stream_recipient_id: 7, min_id: 99 },
    "channel 7",
  ],
  [{ type: "clear_push_device_tokens", user_profile_id: 5 }, "user 5"],
  [{ type: "soft_reactivate", user_profile_id: 5 }, "user 5"],
  [{ type: "realm_export", user_profile_id: 5, realm_export_id: 3 }, "user 5"],
  [{ type: "realm_export", user_profile_id: 5, id: 3, time: 1_700_000_000.5 }, "user 5"],
];

for (const [event, order, more] of EVENTS) {
  Deno.test(`Zulip's event is taken: ${JSON.stringify(event)}`, () => {
    const taken = workEvent.parse({ ...event, realm_id: 2 });
    assert.deepEqual(taken, { ...event, ...more });
    assert.equal(orderOf(taken), order);
  });
}

const INVALID: readonly Record<string, unknown>[] = [
  {},
  { type: 5 },
  { type: "mark_stream_messages_as_read", user_profile_id: 5 },
  { type: "mark_stream_messages_as_read", user_profile_id: 5, stream_recipient_ids: [0] },
  { type: "mark_stream_messages_as_read_for_everyone", stream_recipient_id: 7, min_id: -1 },
  { type: "clear_push_device_tokens", user_profile_id: "5" },
  { type: "soft_reactivate" },
  { type: "realm_export", user_profile_id: 5 },
  { type: "realm_export", user_profile_id: 5, id: 3, time: 1e18 },
];

for (const event of INVALID) {
  Deno.test(`an event is invalid: ${JSON.stringify(event)}`, () => {
    assert.equal(workEvent.safeParse(event).success, false);
  });
}

for (const type of [...NOT_DONE, "novel"]) {
  Deno.test(`an event of the type ${type} keeps only its type`, () => {
    const event = workEvent.parse({ type, slack_access_token: "xoxb" });
    assert.deepEqual(event, { type: "other", name: type });
    assert.equal(orderOf(event), type);
  });
}

Deno.test("a type that is known and not done says why, and what to do", () => {
  for (const type of NOT_DONE) assert.match(whyNotDone(type), /^\w+ is not done here, as it .{20}/);
  assert.match(whyNotDone("import_slack_data"), /; let Zulip's manage\.py .* put the event back/);
});

Deno.test("a type that is not known is said with those that are", () => {
  const reason = whyNotDone(`no"vel${"x".repeat(500)}`);
  assert.match(reason, /^there is no type "no\\"velx{94}" of deferred_work: the types are /);
  for (const type of [...TYPES, ...NOT_DONE]) assert(reason.includes(type), type);
  assert.match(whyNotDone("constructor"), /^there is no type "constructor"/);
});
