import assert from "node:assert/strict";
import {
  conversationsOf,
  type MissedMessage,
  needsContext,
} from "../../../../lib/domain/messages/missed/conversations.ts";
import { direct, missed, ofGroup } from "./missed.ts";

const CASES: readonly (readonly [what: string, MissedMessage[], ids: number[][]])[] = [
  ["no messages have no mails", [], []],
  ["each sender of direct messages has a mail", [direct(1, 9), direct(2, 8), direct(3, 9)], [[2], [
    1,
    3,
  ]]],
  ["a DM group has one mail, whoever writes", [ofGroup(1, 9), ofGroup(2, 8)], [[1, 2]]],
  ["each DM group has a mail", [ofGroup(1, 9, 60), ofGroup(2, 9, 61)], [[1], [2]]],
  ["topics that differ in case have one mail", [
    missed(1, { topic: "Lunch" }),
    missed(2, { topic: "lunch" }),
    missed(3, { topic: "ÄRGER" }),
    missed(4, { topic: "ärger" }),
  ], [[1, 2], [3, 4]]],
  ["each topic and each channel has a mail", [
    missed(1),
    missed(2, { topic: "dinner" }),
    missed(3, { recipientId: 51 }),
  ], [[1], [2], [3]]],
  ["mails come in the order of their newest messages", [
    missed(1),
    direct(2, 9),
    missed(5),
    ofGroup(4, 8),
  ], [[2], [4], [1, 5]]],
  ["messages of a mail are in order", [missed(3), missed(1), missed(2)], [[1, 2, 3]]],
  ["a topic with the name of a sender is not the sender's", [
    missed(1, { recipientId: 40, topic: "from 9" }),
    direct(2, 9),
  ], [[1], [2]]],
];

for (const [what, messages, ids] of CASES) {
  Deno.test(what, () => {
    assert.deepEqual(conversationsOf(messages).map((some) => some.map(({ id }) => id)), ids);
  });
}

const CONTEXT: readonly (readonly [MissedMessage[], needs: boolean])[] = [
  [[missed(1)], false],
  [[missed(1, { flags: 8 })], true],
  [[missed(1, { flags: 16 })], true],
  [[missed(1, { flags: 32 })], true],
  [[missed(1, { flags: 64 })], true],
  [[missed(1, { flags: 1 | 2 | 512 | 2048 })], false],
  [[missed(1), missed(2, { flags: 8 })], false],
  [[{ ...direct(1, 9), flags: 8 }], false],
  [[{ ...ofGroup(1, 9), flags: 8 }], false],
  [[], false],
];

Deno.test("what was said before is shown where the first message of a channel mentions the user", () => {
  assert.deepEqual(
    CONTEXT.map(([messages]) => needsContext(messages)),
    CONTEXT.map(([, needs]) => needs),
  );
});
