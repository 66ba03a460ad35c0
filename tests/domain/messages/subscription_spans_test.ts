import assert from "node:assert/strict";
import {
  endOf,
  isWithin,
  type SubscriptionChange,
  subscriptionSpans,
} from "../../../lib/domain/messages/subscription_spans.ts";

const began = (lastMessageId: number): SubscriptionChange => ({ kind: "began", lastMessageId });
const ended = (lastMessageId: number): SubscriptionChange => ({ kind: "ended", lastMessageId });

/** Of the messages 1 to 9, those that the user gets. */
const ROWS: readonly (readonly [
  what: string,
  changes: readonly SubscriptionChange[],
  isSubscribed: boolean,
  got: string,
])[] = [
  ["subscribed before all of them", [began(0)], true, "123456789"],
  ["subscribed between them", [began(4)], true, "56789"],
  ["subscribed after all of them", [began(9)], true, ""],
  ["unsubscribed after some", [began(0), ended(4)], false, "1234"],
  ["unsubscribed before all", [began(0), ended(0)], false, ""],
  ["away for a while", [began(1), ended(3), began(6)], true, "23789"],
  ["away twice", [began(0), ended(2), began(4), ended(5), began(8)], true, "1259"],
  ["back and away with no message between", [began(2), ended(5), began(5), ended(5)], false, "345"],
  ["subscribed twice without an end between", [began(2), began(6)], true, "789"],
  ["unsubscribed twice", [began(2), ended(4), ended(6)], false, "3456"],
  ["a log that begins with an end", [ended(3), began(7)], true, "12389"],
  ["a log that ends with an end, though subscribed", [began(0), ended(3)], true, "123"],
  ["no log, subscribed", [], true, "123456789"],
  ["no log, not subscribed", [], false, ""],
];

for (const [what, changes, isSubscribed, got] of ROWS) {
  Deno.test(`a user gets the messages of a channel: ${what}`, () => {
    const spans = subscriptionSpans(changes, isSubscribed);
    assert.equal([..."123456789"].filter((id) => isWithin(spans, Number(id))).join(""), got);
  });
}

Deno.test("a channel has messages for the user up to the end of its last span", () => {
  assert.equal(endOf(subscriptionSpans([began(0), ended(4)], false)), 4);
  assert.equal(endOf(subscriptionSpans([began(0), ended(4), began(6)], true)), Infinity);
  assert.equal(endOf([]), 0);
});
