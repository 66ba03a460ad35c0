import assert from "node:assert/strict";
import { handleOf, namedBy } from "../../../lib/operations/failed/handle.ts";
import { deadLetter } from "../../fixtures/dead_letters.ts";

Deno.test("a handle depends on the id, the time of the failure and the body, and on no more", () => {
  const handle = handleOf(deadLetter());
  assert.match(handle, /^[0-9a-f]{12}$/);
  assert.equal(handleOf(deadLetter({ message: "another", retried: 2 })), handle);
  const others = [{ id: "a" }, { body: "[]" }, { failedAt: "2026-01-02T03:04:05.679Z" }];
  for (const other of others) assert.notEqual(handleOf(deadLetter(other)), handle);
  assert.match(handleOf({ body: new Uint8Array(), properties: {} }), /^[0-9a-f]{12}$/);
});

Deno.test("an event is named by its handle, at least 6 digits of that, and its id", () => {
  const event = deadLetter({ id: "9d0f" });
  const handle = handleOf(event);
  const words: [string, boolean][] = [
    [handle, true],
    [handle.slice(0, 6), true],
    [handle.toUpperCase(), true],
    [handle.slice(0, 5), false],
    [`${handle}0`, false],
    [handle.slice(1), false],
    ["9d0f", true],
    ["9d0", false],
    ["", false],
  ];
  for (const [word, isNamed] of words) assert.equal(namedBy([word])(event), isNamed, word);
  assert.equal(namedBy(words.map(([word]) => word))(event), true);
  assert.equal(namedBy([])(event), false);
});

Deno.test("a thousand handles cost no more of each event than one", () => {
  const { body, properties } = deadLetter();
  const words = Array.from({ length: 1000 }, (_, n) => n.toString(16).padStart(12, "0"));
  let reads = 0;
  const event = {
    properties,
    get body() {
      reads++;
      return body;
    },
  };
  assert.equal(namedBy(words)(event), false);
  assert.equal(reads, 1);
});
