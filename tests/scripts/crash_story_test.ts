/**
 * How the crash suite compares stories, its report, and its command line.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ClientEvent } from "../../scripts/crash/story/client.ts";
import { parseStoryOptions } from "../../scripts/crash/story/command.ts";
import {
  differences,
  type Evidence,
  factsOf,
  isShown,
  repeatsOf,
} from "../../scripts/crash/story/facts.ts";
import { isGoodStory, storyReport, type StoryResult } from "../../scripts/crash/story/report.ts";

const told = (number: number) => ({
  ...{ number, id: 40 + number, link: `http://127.0.0.1:1/soup/${number}.html` },
  path: `1/ab/${number}/soup.png`,
});

function message(number: number): ClientEvent {
  const { id, link } = told(number);
  const flags = ["mentioned"];
  return { id: 0, type: "message", flags, message: { id, content: `<a href="${link}">` } };
}

function update(number: number, rendered_content: string): ClientEvent {
  return { id: 1, type: "update_message", message_id: told(number).id, rendered_content };
}

function whole(number: number): string {
  return `<div class="message_embed"></div><img src="/thumbnail/${told(number).path}/1.webp">`;
}

/** A story as it should end. */
function evidence(number: number, more: Partial<Evidence> = {}): Evidence {
  const { link } = told(number);
  const text = `${link}, https://acme/#narrow/topic/lunch${number}/near/${40 + number}`;
  return {
    told: told(number),
    events: { online: [message(number), update(number, whole(number))] },
    mails: [{ to: "idle", subject: `lunch${number}`, text }],
    pushes: [{ to: "apns a", text: `lunch${number} ${link}` }],
    rendered: whole(number),
    flags: [["online", 9]],
    thumbnails: ["840x560.webp: 100 bytes"],
    ...more,
  };
}

const ONE = factsOf(evidence(1));

Deno.test("stories that differ only in their numbers have the same facts", () => {
  assert.deepEqual(differences(ONE, factsOf(evidence(12))), []);
  assert.deepEqual(ONE["mails"], [
    "to idle: lunch\nLINK, https://acme/#narrow/topic/lunch/near/ID",
  ]);
});

const [ABOUT_12] = [evidence(12)];
const FAULTS: readonly (readonly [what: string, more: Partial<Evidence>, expected: RegExp])[] = [
  ["no mail", { mails: [] }, /^mails: lacks to idle/],
  ["no push", { pushes: [] }, /^pushes: lacks to apns a/],
  ["a mail to another", {
    mails: [...ABOUT_12.mails, { to: "x", subject: "", text: told(12).link }],
  }, /^mails: has to x/],
  ["no preview", { rendered: "" }, /^message: lacks/],
  ["another flag", { flags: [["online", 1]] }, /^flags: lacks online: 9$/],
  ["no thumbnail", { thumbnails: [] }, /^thumbnails: lacks 840x560/],
  ["no event", { events: { online: [] } }, /^events of online: lacks message/],
  [
    "a message that came twice",
    { events: { online: [message(12), message(12), update(12, whole(12))] } },
    /^events of online: 3 lines instead of 2$/,
  ],
  [
    "a client that shows old HTML in the end",
    { events: { online: [message(12), update(12, whole(12)), update(12, "")] } },
    /^events of online: lacks shown in the end/,
  ],
];

for (const [what, more, expected] of FAULTS) {
  Deno.test(`the crash suite sees in a story: ${what}`, () => {
    const found = differences(ONE, factsOf(evidence(12, more)));
    assert.match(found[0] ?? "", expected);
  });
}

Deno.test("what came again is counted, and is not a difference", () => {
  const { mails, pushes, events } = ABOUT_12;
  const again = evidence(12, {
    mails: [...mails, ...mails],
    pushes: [...pushes, ...pushes],
    events: { online: [...events["online"] ?? [], update(12, whole(12))] },
  });
  assert.deepEqual(differences(ONE, factsOf(again)), []);
  assert.deepEqual(repeatsOf(again), { mails: 1, pushes: 1, updates: 1 });
  assert.deepEqual(repeatsOf(ABOUT_12), { mails: 0, pushes: 0, updates: 0 });
});

Deno.test("a client shows the whole when its last update is what the database has", () => {
  const events = [message(1), update(1, whole(1))];
  assert.equal(isShown(events, evidence(1)), true);
  assert.equal(isShown([...events, update(1, "")], evidence(1)), false);
  assert.equal(isShown([message(1), update(1, "")], evidence(1, { rendered: "" })), false);
});

function resultOf(more: Partial<StoryResult> = {}): StoryResult {
  const repeats = { mails: 0, pushes: 0, updates: 0 };
  return {
    ...{ broker: "embedded", database: "sqlite", seed: 3, kills: 1, problems: [] },
    stories: [{ facts: ONE, repeats }, { facts: ONE, repeats }],
    points: ["preview"],
    explained: { mails: 0, pushes: 0 },
    ...more,
  };
}

Deno.test("a run of stories is good only when all end alike, and logs explain what came twice", () => {
  const [first] = resultOf().stories;
  assert(first);
  const twice = [first, { ...first, repeats: { mails: 1, pushes: 1, updates: 5 } }];
  assert.equal(isGoodStory(resultOf()), true);
  assert.equal(isGoodStory(resultOf({ stories: twice, explained: { mails: 1, pushes: 1 } })), true);
  for (
    const bad of [
      { problems: ["workers ended with exit code 1"] },
      { stories: [first, { ...first, facts: { ...ONE, mails: [] } }] },
      { stories: twice, explained: { mails: 0, pushes: 1 } },
      { stories: twice, explained: { mails: 1, pushes: 0 } },
    ]
  ) assert.equal(isGoodStory(resultOf(bad)), false);
});

Deno.test("the report on stories names what differs, the points of the kills, and how to repeat it", () => {
  const [first] = resultOf().stories;
  assert(first);
  const text = storyReport(resultOf({
    stories: [first, { ...first, facts: { ...ONE, flags: [] } }],
    points: ["preview", "nothing", "preview"],
  })).join("\n");
  assert.match(text, /^story 1: flags: lacks online: 9$/m);
  assert.match(text, /^ +2 {2}preview$/m);
  assert.match(
    text,
    /^FAILED; .*deno task crash --story --broker embedded --database sqlite --kills 1 --seed 3$/m,
  );
});

Deno.test("the command line of stories", () => {
  const { seed, ...more } = parseStoryOptions(["--story"]);
  assert.ok(Number.isSafeInteger(seed));
  assert.deepEqual(more, { broker: "embedded", database: "sqlite", kills: 20 });
  const given = ["--story", "--broker", "rabbitmq", "--kills", "3", "--seed", "9"];
  assert.deepEqual(parseStoryOptions(given), {
    ...{ broker: "rabbitmq", database: "postgres", kills: 3, seed: 9 },
  });
  const wrong: readonly (readonly [args: string[], message: string])[] = [
    [["--broker", "kafka"], "--broker is kafka: it must be rabbitmq or embedded"],
    [["--database", "x"], "--database is x: it must be postgres or sqlite"],
    [["--kills", "0"], "--kills is 0: it must be a whole number over 0"],
    [["--seed", "1.5"], "--seed is 1.5: it must be a whole number"],
  ];
  for (const [args, message] of wrong) {
    assert.throws(() => parseStoryOptions(args), new TypeError(message));
  }
});
