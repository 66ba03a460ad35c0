import assert from "node:assert/strict";
import fc from "fast-check";
import { firstCodePoints, storableText } from "../../../lib/domain/database/text.ts";

Deno.test("storableText removes NUL and replaces unpaired surrogates", () => {
  assert.equal(storableText("a\0b\ud800c\udc00😀"), "ab\ufffdc\ufffd😀");
});

Deno.test("storableText gives text that survives UTF-8", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const stored = storableText(text);
    assert.equal(new TextDecoder().decode(new TextEncoder().encode(stored)), stored);
    assert.equal(storableText(stored), stored);
  }));
});

Deno.test("firstCodePoints cuts between code points", () => {
  assert.equal(firstCodePoints("a😀b😀", 3), "a😀b");
  assert.equal(firstCodePoints("😀😀", 2), "😀😀");
  assert.equal(firstCodePoints("abc", 0), "");
});

Deno.test("firstCodePoints counts as Array.from does", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, length) => {
    assert.equal(firstCodePoints(text, length), Array.from(text).slice(0, length).join(""));
  }));
});
