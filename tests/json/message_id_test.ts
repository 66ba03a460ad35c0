import assert from "node:assert/strict";
import { messageIdOf } from "../../lib/json/message_id.ts";

const ADVICE = "give it one of 1 to 255 bytes";

const TABLE: readonly (readonly [what: string, id: string | undefined, fault?: string])[] = [
  ["an event without an id", undefined],
  ["an id of one byte", "a"],
  ["an id of 255 bytes", "é".repeat(127) + "a"],
  ["an empty id", "", "0 bytes long"],
  ["an id of 256 bytes", "é".repeat(128), "256 bytes long"],
  ["an id with half of a surrogate pair", "a\ud800", "no well-formed text"],
];

for (const [what, id, fault] of TABLE) {
  Deno.test(`ctx.publish ${fault ? "refuses" : "takes"} ${what}`, () => {
    if (fault === undefined) return assert.equal(messageIdOf("other", { id }), id);
    const message = `An event for queue other cannot be published: its id is ${fault}; ${ADVICE}`;
    assert.throws(() => messageIdOf("other", { id }), { name: "RangeError", message });
  });
}
