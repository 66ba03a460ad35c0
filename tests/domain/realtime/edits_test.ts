import assert from "node:assert/strict";
import { type Edit, editNotices } from "../../../lib/domain/realtime/edits.ts";
import { messageAudience, noticeUser } from "../../../lib/domain/realtime/message_notice.ts";

const ME = 5;

Deno.test("an edit notifies those whom the message mentions now, and did not before", () => {
  const list = (name: string) => ({ [`${name}_user_ids`]: [ME] });
  const wildcard = ["stream_wildcard_mentioned"];
  const both = (trigger: string) => [`push ${trigger}`, `email ${trigger}`];
  const rows: [what: string, {
    keys?: Record<string, unknown>;
    flags?: string[];
    isAway?: boolean;
    edit?: Partial<Edit>;
  }, expected: string[]][] = [
    ["a mention", {}, both("mentioned")],
    ["no mention", { flags: [] }, []],
    [
      "@all",
      { flags: wildcard, keys: list("stream_wildcard_mention") },
      both(
        "stream_wildcard_mentioned",
      ),
    ],
    ["@all without the setting", { flags: wildcard }, []],
    ["a mention that was there before", { edit: { mentionedBefore: new Set([ME]) } }, []],
    ["a mention of others before", { edit: { mentionedBefore: new Set([6]) } }, both("mentioned")],
    ["a direct message", { edit: { isDirect: true } }, []],
    ["the reader's own edit", { edit: { editorId: ME } }, []],
    ["a muted sender", { keys: list("muted_sender") }, []],
    ["somebody who is here", { isAway: false }, []],
    ["a user who gets pushes at any time", { isAway: false, keys: list("online_push") }, [
      "push mentioned",
    ]],
    ["mails of the channel", { keys: list("stream_email") }, []],
    ["pushes of the channel", { keys: list("stream_push") }, []],
    ["mails of the topic", { keys: list("followed_topic_email") }, []],
    ["pushes of the topic", { keys: list("followed_topic_push") }, []],
  ];
  for (const [what, { keys = {}, flags = ["mentioned"], isAway = true, edit }, expected] of rows) {
    const notices = editNotices(
      {
        ...{ messageId: 77, editorId: 9, editedAt: 1_700_000_000, isDirect: false },
        audience: messageAudience.parse(keys),
        mentionedBefore: new Set(),
        ...edit,
      },
      noticeUser.parse({ id: ME, flags, mentioned_user_group_id: 3 }),
      isAway,
    );
    assert.deepEqual(
      notices.map(({ medium, event }) => `${medium} ${event.trigger}`),
      expected,
      what,
    );
    for (const { id, medium, event } of notices) {
      assert.equal(id, `${medium}:5:77:edit:1700000000`);
      assert.equal(event.mentioned_user_group_id, null);
    }
  }
});
