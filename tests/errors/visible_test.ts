import assert from "node:assert/strict";
import { visible } from "../../lib/errors/visible.ts";

const TEXTS: readonly [text: string, shown: string][] = [
  ["\ufeffAMQP_URL", "U+FEFFAMQP_URL"],
  ["user\u200b_activity", "userU+200B_activity"],
  ["a\u00a0b\u2028c\u00add", "aU+00A0bU+2028cU+00ADd"],
  ["a\x1b[31mb\r\0", "aU+001B[31mbU+000DU+0000"],
  ["\u{e0041}", "U+E0041"],
  ["two lines\n\tünïcödé 😀 “x”", "two lines\n\tünïcödé 😀 “x”"],
];

for (const [text, shown] of TEXTS) {
  Deno.test(`visible shows ${JSON.stringify(shown)}`, () => assert.equal(visible(text), shown));
}
