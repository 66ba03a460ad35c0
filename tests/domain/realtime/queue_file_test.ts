import assert from "node:assert/strict";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import { dumpQueues, type KeptQueue, loadQueues } from "../../../lib/domain/realtime/queue_file.ts";
import { eventClient } from "../../fixtures/realtime/clients.ts";

/** A queue in a file of an older server. */
const OLD = {
  user_profile_id: 5,
  realm_id: 1,
  event_queue: { id: "q", next_event_id: 4, queue: [{ type: "message", id: 3 }] },
  queue_timeout: 600,
  event_types: null,
  last_connection_time: 1_700_000_000.25,
  client_type: "website",
  apply_markdown: true,
};

function keptQueue(): KeptQueue {
  const queue = new ClientQueue("q");
  queue.push({ type: "heartbeat" });
  queue.push({ type: "message", message: { id: 77 }, internal_data: { push_notified: true } });
  queue.push({
    ...{ type: "update_message_flags", op: "add", operation: "add", flag: "read" },
    ...{ messages: [77], all: false },
  });
  queue.poll(0);
  queue.push({
    ...{ type: "update_message_flags", op: "add", operation: "add", flag: "starred" },
    ...{ messages: [77], all: false },
  });
  return {
    client: eventClient({
      ...{ queueId: "q", eventTypes: ["message"], narrow: [["is", "dm"]], userRecipientId: 50 },
      ...{ clientGravatar: true, applyMarkdown: false, allPublicStreams: true },
      can: ["bulk_message_deletion", "empty_topic_name", "slim_presence"],
    }),
    queue,
    ...{ idleTimeoutSeconds: 43_200, polledAt: 1_700_000_000_123, isOffline: true, isLost: true },
  };
}

Deno.test("queues that were written are read as they were", () => {
  const kept = keptQueue();
  const { queues: [read, ...more], refused } = loadQueues(
    JSON.parse(JSON.stringify(dumpQueues([kept]))),
  );
  assert.deepEqual([more, refused], [[], []]);
  assert.ok(read);
  const { queue: was, ...before } = kept;
  const { queue, ...after } = read;
  assert.deepEqual(after, before);
  assert.equal(queue.lastId, was.lastId);
  assert.deepEqual(queue.events(), was.events());
  assert.deepEqual(queue.poll(0), was.poll(0));
  assert.deepEqual(queue.dump(), was.dump());
});

Deno.test("the form is that of Zulip's files", () => {
  const [[id, entry]] = JSON.parse(JSON.stringify(dumpQueues([keptQueue()])));
  assert.equal(id, "q");
  const { event_queue, ...client } = entry;
  assert.deepEqual(client, {
    user_profile_id: 5,
    realm_id: 1,
    queue_timeout: 43_200,
    event_types: ["message"],
    last_connection_time: 1_700_000_000.123,
    client_type_name: "website",
    apply_markdown: false,
    client_gravatar: true,
    all_public_streams: true,
    narrow: [["is", "dm"]],
    user_recipient_id: 50,
    is_guest: false,
    is_offline: true,
    is_lost: true,
    slim_presence: true,
    simplified_presence_events: false,
    bulk_message_deletion: true,
    stream_typing_notifications: false,
    user_settings_object: false,
    pronouns_field_type_supported: false,
    linkifier_url_template: false,
    user_list_incomplete: false,
    include_deactivated_groups: false,
    archived_channels: false,
    empty_topic_name: true,
  });
  assert.deepEqual(Object.keys(event_queue).sort(), [
    "id",
    "newest_pruned_id",
    "next_event_id",
    "queue",
    "virtual_events",
  ]);
  assert.deepEqual(Object.keys(event_queue.virtual_events), ["flags/add/starred"]);
});

Deno.test("a file of an older server is read; what it does not say is the default", () => {
  const { queues: [read] } = loadQueues([["q", OLD]]);
  assert.deepEqual(read?.client, {
    ...eventClient({ queueId: "q", userRecipientId: undefined }),
    capabilities: new Set(["pronouns_field_type_supported"]),
  });
  assert.equal(read?.polledAt, 1_700_000_000_250);
  assert.equal(read?.isOffline, false);
  assert.deepEqual(read?.queue.poll(-1), { kind: "events", events: [{ type: "message", id: 3 }] });
});

Deno.test("a queue that cannot be read is refused with the reason, and the others are read", () => {
  const rows: [entry: Record<string, unknown>, reason: RegExp][] = [
    [{ ...OLD, realm_id: "1" }, /realm_id/],
    [{ ...OLD, client_type: undefined }, /client_type_name/],
    [{ ...OLD, event_queue: { ...OLD.event_queue, queue: [{ id: 3 }] } }, /event_queue.queue\[0\]/],
    [{ ...OLD, narrow: [["near", "5"]] }, /^Operator near not supported\.$/],
  ];
  for (const [entry, reason] of rows) {
    const { queues, refused } = loadQueues([["bad", entry], ["q", OLD]]);
    assert.deepEqual(queues.map(({ client }) => client.queueId), ["q"]);
    assert.deepEqual(refused.map(({ queueId }) => queueId), ["bad"]);
    assert.match(refused[0]?.reason ?? "", reason);
  }
  for (const value of [{}, [["q"]], [5], null]) {
    assert.throws(() => loadQueues(value), {
      message: "The file of the queues has to be a list of pairs [queue id, queue].",
    });
  }
});
