/** Zulip's files in the form of `configparser`. */

import assert from "node:assert/strict";
import { parseIni } from "../../../lib/config/zulip/ini.ts";

const ROWS: readonly [text: string, value: string | undefined][] = [
  ["[s]\nkey = value", "value"],
  ["[s]\nKey: value  ", "value"],
  ["[s]\nkey=a=b;c", "a=b;c"],
  ["[s]\nkey =", ""],
  ["# c\n; c\n\n[s]\n  # c\nkey = v", "v"],
  ["[s]\nkey = a\n  b", "a\nb"],
  ["[s]\r\nkey = v\r\n", "v"],
  ["[other]\nkey = v", undefined],
  ["[s]\nkey = a\n[other]\n[s]\nkey = b", "b"],
];
for (const [text, value] of ROWS) {
  Deno.test(`of ${JSON.stringify(text)} the value is ${JSON.stringify(value)}`, () => {
    const { sections, mistakes } = parseIni(text);
    assert.equal(sections.get("s")?.get("key")?.value, value);
    assert.deepEqual(mistakes, []);
  });
}

Deno.test("lines that are neither are known by their number", () => {
  assert.deepEqual(parseIni("key = v\n[s]\nword\nkey = v\n").mistakes, [1, 3]);
});
