import assert from "node:assert/strict";
import { pushEvent, shardOfUser } from "../../../lib/domain/push/push_event.ts";

const ADD = { user_profile_id: 7, message_id: 9, trigger: "mentioned" };
const ADDED = { kind: "add", userId: 7, messageId: 9, trigger: "mentioned", groupId: null };
const KEYS = { bouncer_public_key: "cHVi", encrypted_push_registration: "c2Vj" };
const REGISTER = "register_push_device_to_bouncer";
const REGISTERED = { kind: "register", userId: 7, publicKey: "cHVi", registration: "c2Vj" };

const TAKEN: readonly [what: string, event: unknown, expected: unknown][] = [
  ["an add", { ...ADD, type: "add", mentioned_user_group_id: null }, ADDED],
  ["an add of an old server, without a type", ADD, ADDED],
  ["an add that Zulip has retried", { ...ADD, type: "add", failed_tries: 2 }, ADDED],
  ["a group", { ...ADD, mentioned_user_group_id: 3 }, { ...ADDED, groupId: 3 }],
  ["private_message", { ...ADD, trigger: "private_message" }, {
    ...ADDED,
    trigger: "direct_message",
  }],
  ["wildcard_mentioned", { ...ADD, trigger: "wildcard_mentioned" }, {
    ...ADDED,
    trigger: "stream_wildcard_mentioned",
  }],
  [
    "followed_topic_wildcard_mentioned",
    { ...ADD, trigger: "followed_topic_wildcard_mentioned" },
    { ...ADDED, trigger: "stream_wildcard_mentioned_in_followed_topic" },
  ],
  ["a trigger of a newer server", { ...ADD, trigger: "novel" }, { ...ADDED, trigger: "novel" }],
  ["a removal", { type: "remove", user_profile_id: 7, message_ids: [12, 3, 12] }, {
    kind: "remove",
    userId: 7,
    messageIds: [3, 12],
  }],
  [
    "a registration with the number of an account",
    {
      type: REGISTER,
      payload: { ...KEYS, user_profile_id: 7, push_account_id: 9007199254740993n },
    },
    { ...REGISTERED, row: { form: "account", accountId: 9007199254740993n } },
  ],
  [
    "a registration with that number as text",
    { type: REGISTER, payload: { ...KEYS, user_profile_id: 7, push_account_id: "-5" } },
    { ...REGISTERED, row: { form: "account", accountId: -5n } },
  ],
  [
    "a registration of a newer server",
    {
      type: REGISTER,
      payload: { ...KEYS, user_profile_id: 7, device_id: 4, token_id_base64: "//////////4=" },
    },
    { ...REGISTERED, row: { form: "device", deviceId: 4, tokenId: -2n } },
  ],
];

for (const [what, event, expected] of TAKEN) {
  Deno.test(`an event of pushes: ${what}`, () => {
    assert.deepEqual(pushEvent.parse(event), expected);
  });
}

const REFUSED: readonly [what: string, event: unknown][] = [
  ["no user", { ...ADD, user_profile_id: 0 }],
  ["a message id over 32 bits", { ...ADD, message_id: 2 ** 31 }],
  ["no trigger", { ...ADD, trigger: "" }],
  ["another type", { ...ADD, type: "test" }],
  ["a removal of nothing", { type: "remove", user_profile_id: 7, message_ids: [] }],
  ["a registration of nothing", { type: REGISTER, payload: { ...KEYS, user_profile_id: 7 } }],
  ["a token id of 7 bytes", {
    type: REGISTER,
    payload: { ...KEYS, user_profile_id: 7, device_id: 4, token_id_base64: "AAAAAAAAAA==" },
  }],
];

for (const [what, event] of REFUSED) {
  Deno.test(`an event that is no event of pushes: ${what}`, () => {
    assert.equal(pushEvent.safeParse(event).success, false);
  });
}

Deno.test("the shard of a user is Zulip's: 1 for those whose id the number of shards divides", () => {
  assert.deepEqual([3, 4, 5, 6].map((user) => shardOfUser(user, 3)), [1, 2, 3, 1]);
});
