import assert from "node:assert/strict";
import {
  directUrl,
  encodeHash,
  groupUrl,
  messageUrl,
  topicUrl,
} from "../../../lib/domain/messages/narrow_url.ts";

const REALM = "https://acme.zulip.example.com";

const ENCODED: readonly (readonly [text: string, encoded: string])[] = [
  ["gripper tests", "gripper.20tests"],
  ["v1.2", "v1.2E2"],
  ["100%", "100.25"],
  ["a/b?c#d&e", "a.2Fb.3Fc.23d.26e"],
  ["it's (done)! *", "it.27s.20.28done.29.21.20.2A"],
  ["-_~", "-_~"],
  ["✔ Größe", ".E2.9C.94.20Gr.C3.B6.C3.9Fe"],
  ["😀", ".F0.9F.98.80"],
  ["half \ud83d", "half.20.EF.BF.BD"],
  ["", ""],
];

for (const [text, encoded] of ENCODED) {
  Deno.test(`the topic ${JSON.stringify(text)} is ${encoded || "nothing"} in a link`, () => {
    assert.equal(encodeHash(text), encoded);
  });
}

Deno.test("a link to direct messages has the other's id and name", () => {
  const names: readonly (readonly [name: string, slug: string])[] = [
    ["Tomás Rey", "9-Tom.C3.A1s-Rey"],
    ['Ines "<QA>" / 50%', "9-Ines-QA-50-"],
    ["A\u0007B\u200fC", "9-A-B-C"],
  ];
  for (const [name, slug] of names) {
    assert.equal(directUrl(REALM, { id: 9, name }), `${REALM}/#narrow/dm/${slug}`);
  }
});

Deno.test("a link to a DM group has the others' ids in order", () => {
  assert.equal(groupUrl(REALM, [10, 9, 8]), `${REALM}/#narrow/dm/8,9,10-group`);
});

Deno.test("links to a topic and to a message name the channel and the topic", () => {
  const topic = { id: 7, name: "The lab.", topic: "v1.2" };
  const base = `${REALM}/#narrow/channel/7-The-lab.2E/topic/v1.2E2`;
  assert.equal(topicUrl(REALM, topic, 31), `${base}/with/31`);
  assert.equal(messageUrl(REALM, topic, 31), `${base}/near/31`);
});
