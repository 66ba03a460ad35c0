import assert from "node:assert/strict";
import {
  type DigestTraffic,
  hasTraffic,
  hotTopics,
  type TopicTraffic,
} from "../../../lib/domain/digests/hot_topics.ts";

/** Topics by name: how many people wrote how many messages. */
function hot(topics: Readonly<Record<string, readonly [senders: number, messages: number]>>) {
  const named = Object.entries(topics).map(([name, [senders, messages]]) => (
    { name, senders, messages } satisfies TopicTraffic & { name: string }
  ));
  return hotTopics(named).map(({ name }) => name).join(" ");
}

Deno.test("the two topics with most people are hot, and then those with most messages", () => {
  assert.equal(hot({}), "");
  assert.equal(hot({ a: [1, 1] }), "a");
  assert.equal(hot({ a: [1, 9], b: [3, 3], c: [2, 2], d: [1, 8], e: [1, 7] }), "b c a d");
  assert.equal(hot({ a: [5, 50], b: [4, 40], c: [3, 30], d: [2, 20], e: [1, 10] }), "a b c d");
  assert.equal(hot({ a: [1, 2], b: [9, 9], c: [1, 4], d: [1, 3], e: [8, 8] }), "b e c d");
});

Deno.test("of topics that are alike, those that began first are hot", () => {
  assert.equal(hot({ a: [1, 1], b: [1, 1], c: [1, 1], d: [1, 1], e: [1, 1] }), "a b c d");
  assert.equal(hot({ a: [1, 1], b: [2, 2], c: [2, 2], d: [2, 2], e: [1, 1] }), "b c d a");
});

Deno.test("a topic in which only bots wrote comes last", () => {
  assert.equal(hot({ bots: [0, 0], a: [1, 1] }), "a bots");
  assert.equal(hot({ bots: [0, 0] }), "bots");
});

Deno.test("of many topics the same are hot as after sorting them", () => {
  const topics = Array.from({ length: 500 }, (_, at) => (
    { at, senders: (at * 7919) % 13, messages: (at * 104_729) % 31 }
  ));
  const sorted = (size: keyof TopicTraffic) => topics.toSorted((a, b) => b[size] - a[size]);
  const diverse = sorted("senders").slice(0, 2);
  const long = sorted("messages").slice(0, 4).filter((topic) => !diverse.includes(topic));
  assert.deepEqual(hotTopics(topics), [...diverse, ...long].slice(0, 4));
});

Deno.test("a digest is sent for a new channel, or else for topics or hidden messages", () => {
  const NOTHING = { showsContent: true, newChannels: 0, topics: 0, newMessages: 0 };
  const table: readonly [Partial<DigestTraffic>, boolean][] = [
    [{}, false],
    [{ newChannels: 1 }, true],
    [{ topics: 1 }, true],
    [{ newMessages: 9 }, false],
    [{ showsContent: false }, false],
    [{ showsContent: false, newChannels: 1 }, true],
    [{ showsContent: false, newMessages: 1 }, true],
    [{ showsContent: false, topics: 1 }, false],
  ];
  for (const [changed, expected] of table) {
    assert.equal(hasTraffic({ ...NOTHING, ...changed }), expected, JSON.stringify(changed));
  }
});
