import assert from "node:assert/strict";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import { asNotified, noticesAtDeath } from "../../../lib/domain/realtime/queue_death.ts";

const ME = 5;

function message(id: number, internal_data?: Record<string, unknown>) {
  return {
    type: "message",
    message: { id, sender_id: 9 },
    flags: [],
    ...(internal_data && { internal_data }),
  };
}

function queueOf(...events: ReturnType<typeof message>[]): ClientQueue {
  const queue = new ClientQueue("q");
  for (const event of events) queue.push(event);
  return queue;
}

function noticesOf(...queues: ClientQueue[]): string[] {
  return noticesAtDeath(ME, queues.map((queue) => queue.events()))
    .map(({ id, event }) => `${id} ${event.trigger}`);
}

const MENTION = { mention_push_notify: true, mention_email_notify: true };

Deno.test("a user who left is notified of what no client confirmed, by what was not used before", () => {
  const both = (trigger: string) => [`push:5:77 ${trigger}`, `email:5:77 ${trigger}`];
  const rows: [what: string, data: Record<string, unknown> | undefined, expected: string[]][] = [
    ["nothing", {}, []],
    ["a file without the data", undefined, []],
    ["a mention", MENTION, both("mentioned")],
    ["a push before", { ...MENTION, push_notified: true }, ["email:5:77 mentioned"]],
    ["both before", { ...MENTION, push_notified: true, email_notified: true }, []],
    ["a muted sender", { ...MENTION, sender_is_muted: true }, []],
    ["a silent message", { ...MENTION, disable_external_notifications: true }, []],
    ["a direct message", { dm_push_notify: true }, ["push:5:77 direct_message"]],
    [
      "a direct message of an older file",
      { pm_push_notify: true, pm_email_notify: true },
      both(
        "direct_message",
      ),
    ],
    ["@all of an older file", {
      wildcard_mention_push_notify: true,
      wildcard_mention_email_notify: true,
    }, both("stream_wildcard_mentioned")],
    [
      "the present name is the one that counts",
      { pm_push_notify: true, dm_push_notify: false },
      [],
    ],
    ["a channel", { stream_email_notify: true }, ["email:5:77 stream_email_notify"]],
  ];
  for (const [what, data, expected] of rows) {
    assert.deepEqual(noticesOf(queueOf(message(77, data))), expected, what);
  }
});

Deno.test("a message in several queues is one notice, with the group that it mentions", () => {
  const data = { ...MENTION, mentioned_user_group_id: 3 };
  const one = queueOf(message(77, data), message(78, MENTION));
  const other = queueOf(message(77, { ...data, email_notified: true }));
  assert.deepEqual(noticesOf(one, other), [
    "push:5:77 mentioned",
    "push:5:78 mentioned",
    "email:5:78 mentioned",
  ]);
  assert.deepEqual(noticesOf(other, one), noticesOf(one, other));
  const [push] = noticesAtDeath(ME, [one.events()]);
  assert.equal(push?.event.mentioned_user_group_id, 3);
});

Deno.test("what was confirmed is not judged, and other events are not", () => {
  const queue = queueOf(message(77, MENTION), message(78, MENTION));
  queue.push({ type: "heartbeat" });
  queue.poll(0);
  assert.deepEqual(noticesOf(queue), ["push:5:78 mentioned", "email:5:78 mentioned"]);
});

Deno.test("a queue that lives on remembers what its user was notified of", () => {
  const queue = queueOf(message(77, MENTION), message(78, { ...MENTION, push_notified: true }));
  queue.push({ type: "heartbeat" });
  const notices = noticesAtDeath(ME, [queue.events()]);
  assert.equal(notices.length, 3);
  queue.rewrite((event) => asNotified(event, notices));
  assert.deepEqual(noticesOf(queue), []);
  queue.push(message(79, MENTION));
  assert.deepEqual(noticesOf(queue), ["push:5:79 mentioned", "email:5:79 mentioned"]);
});
