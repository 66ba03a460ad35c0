import assert from "node:assert/strict";
import type { EventClient } from "../../../lib/domain/realtime/client.ts";
import { dispatch } from "../../../lib/domain/realtime/dispatch.ts";
import { notice } from "../../../lib/domain/realtime/notice.ts";
import { clientsOf, eventClient, messageNoticeOf } from "../../fixtures/realtime/clients.ts";

function outcome(value: unknown, ...clients: EventClient[]) {
  return dispatch(notice.parse(value), clientsOf(...clients));
}

/** What each queue gets, and the ids of the notices. */
function summary(value: unknown, ...clients: EventClient[]) {
  const { deliveries, notices } = outcome(value, ...clients);
  return {
    queues: deliveries.map(({ client }) => client.queueId),
    notices: notices.map(({ id }) => id),
  };
}

const AUTHOR = { id: 9, flags: ["read"] };
const READER = { id: 5, flags: ["mentioned"] };

Deno.test("a message reaches its users' clients, each with its flags, and the sender's with its local id", () => {
  const value = messageNoticeOf({}, { local_id: "12.1", sender_queue_id: "sends" }, [
    AUTHOR,
    READER,
  ]);
  const { deliveries, notices } = outcome(
    value,
    eventClient({ queueId: "sends", userId: 9 }),
    eventClient({ queueId: "reads", applyMarkdown: false }),
    eventClient({ queueId: "takes none", eventTypes: ["reaction"] }),
    eventClient({ queueId: "narrowed", narrow: [["topic", "shapes"]] }),
    eventClient({ queueId: "other", userId: 6 }),
  );
  assert.deepEqual(notices, []);
  assert.deepEqual(
    deliveries.map(({ client, event }) => {
      const { message, flags, local_message_id } = event;
      return [client.queueId, (message as { content: string }).content, flags, local_message_id];
    }),
    [
      ["sends", "<p><strong>hello</strong></p>", ["read"], "12.1"],
      ["reads", "**hello**", ["mentioned"], undefined],
    ],
  );
});

Deno.test("a user without a client, or idle, is notified, and the queued message knows it", () => {
  const away = messageNoticeOf({}, {}, [AUTHOR, READER]);
  const both = ["push:5:77", "email:5:77"];
  assert.deepEqual(summary(away), { queues: [], notices: both });
  const deaf = eventClient({ eventTypes: ["reaction"] });
  assert.deepEqual(summary(away, deaf), { queues: [], notices: both });
  assert.deepEqual(summary(away, eventClient()), { queues: ["queue of 5"], notices: [] });
  const idle = messageNoticeOf({}, { presence_idle_user_ids: [5] }, [AUTHOR, READER]);
  assert.deepEqual(summary(idle, eventClient()), { queues: ["queue of 5"], notices: both });
  const data = (value: unknown) =>
    outcome(value, eventClient()).deliveries[0]?.event.internal_data as Record<string, unknown>;
  assert.equal(data(away).mention_push_notify, true);
  assert.equal(data(away).push_notified, undefined);
  assert.equal(data(idle).push_notified, true);
  assert.equal(data(idle).email_notified, true);
});

Deno.test("only messages of public channels go to clients that read all of them", () => {
  const bot = eventClient({ queueId: "bot", userId: 6, allPublicStreams: true });
  const rows: [
    what: string,
    message: Record<string, unknown>,
    event: Record<string, unknown>,
    string[],
  ][] = [
    ["public", {}, { stream_name: "Design" }, ["bot"]],
    ["private", {}, { stream_name: "Design", invite_only: true }, []],
    ["private, not named", {}, { invite_only: true }, []],
    ["direct", { type: "private", display_recipient: [] }, {}, []],
    ["of another realm", {}, { stream_name: "Design", realm_id: 2 }, []],
  ];
  for (const [what, message, event, queues] of rows) {
    const value = messageNoticeOf(message, event, [AUTHOR]);
    assert.deepEqual(summary(value, bot), { queues, notices: [] }, what);
  }
});

Deno.test("a sender who is hidden from a user, mirrors and private channels", () => {
  const value = messageNoticeOf({ client: "zephyr_mirror" }, {
    invite_only: true,
    user_ids_without_access_to_sender: [5],
  }, [AUTHOR, READER]);
  const { deliveries } = outcome(
    value,
    eventClient({ queueId: "same kind", clientName: "zephyr_mirror" }),
    eventClient({ queueId: "other kind", clientName: "irc_mirror" }),
  );
  assert.deepEqual(deliveries.map(({ client }) => client.queueId), ["other kind"]);
  const message = deliveries[0]?.event.message as Record<string, unknown>;
  assert.equal(message.invite_only_stream, true);
  assert.equal(message.sender_email, "user9@zulip.example.com");
});

const EDIT = {
  type: "update_message",
  user_id: 9,
  edit_timestamp: 1_700_000_100,
  message_id: 77,
  message_ids: [77],
  rendering_only: false,
  stream_id: 3,
  stream_name: "Design",
  content: "@**Me**",
};

Deno.test("an edit reaches clients with the user's flags, without the lists of users", () => {
  const event = {
    ...EDIT,
    prior_mention_user_ids: [8],
    presence_idle_user_ids: [5],
    online_push_user_ids: [],
    pm_mention_email_disabled_user_ids: [5],
    disable_external_notifications: false,
  };
  const { deliveries, notices } = outcome({ event, users: [READER] }, eventClient());
  assert.deepEqual(deliveries.map(({ event }) => event), [{ ...EDIT, flags: ["mentioned"] }]);
  assert.deepEqual(notices.map(({ id }) => id), ["push:5:77:edit:1700000100"]);
});

Deno.test("an edit notifies nobody where it only renders, or of a direct message", () => {
  const { stream_id: _, stream_name: __, ...direct } = EDIT;
  const { rendering_only: ___, user_id: ____, ...old } = EDIT;
  const rows: [what: string, event: Record<string, unknown>, number][] = [
    ["an edit", EDIT, 2],
    ["previews", { ...EDIT, rendering_only: true }, 0],
    ["previews, by nobody", { ...EDIT, rendering_only: true, user_id: null }, 0],
    ["previews of an older server", old, 0],
    ["an edit of an older server", { ...old, user_id: 9 }, 2],
    ["a direct message", direct, 0],
  ];
  for (const [what, event, expected] of rows) {
    assert.equal(outcome({ event, users: [READER] }).notices.length, expected, what);
  }
});

Deno.test("other events reach all clients of their users that take them", () => {
  const event = { type: "reaction", op: "add", message_id: 77 };
  const value = { event, users: [5, 6, 7] };
  assert.deepEqual(
    summary(
      value,
      eventClient(),
      eventClient({ queueId: "second" }),
      eventClient({ userId: 6, eventTypes: ["message"] }),
      eventClient({ userId: 8 }),
    ),
    { queues: ["queue of 5", "second"], notices: [] },
  );
});

Deno.test("the end of a queue is asked for by its user", () => {
  const value = { event: { type: "cleanup_queue", queue_id: "q" }, users: [5] };
  assert.deepEqual(outcome(value, eventClient()), {
    deliveries: [],
    notices: [],
    cleanup: { userId: 5, queueId: "q" },
  });
});

Deno.test("the error of a notice that cannot be read names the problem", () => {
  const rows: [value: unknown, error: RegExp][] = [
    [{ users: [] }, /"event"/],
    [{ event: { op: "add" }, users: [] }, /"type"/],
    [{ event: { type: "reaction" } }, /"users"/],
    [messageNoticeOf({ sender_id: "9" }, {}, []), /"message_dict",\s+"sender_id"/],
    [messageNoticeOf({}, { stream_email_user_ids: 5 }, []), /"stream_email_user_ids"/],
    [{ event: { type: "update_message" }, users: [] }, /"message_id"/],
    [{ event: { type: "cleanup_queue" }, users: [5] }, /"queue_id"/],
  ];
  for (const [value, error] of rows) assert.throws(() => outcome(value), error);
});
