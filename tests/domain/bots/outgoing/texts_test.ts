import assert from "node:assert/strict";
import { bytesText, ownerText } from "../../../../lib/domain/bots/outgoing/texts.ts";

const NOTICE = { messageUrl: "https://x/#narrow", botName: "Weather", text: "It failed." };
const HEAD = "[A message](https://x/#narrow) to your bot @_**Weather** triggered an outgoing " +
  "webhook.\nIt failed.";
const encoder = new TextEncoder();

Deno.test("the owner sees which message, which bot, and the answer", () => {
  assert.equal(ownerText(NOTICE), HEAD);
  assert.equal(
    ownerText({ ...NOTICE, payload: encoder.encode("it's\n```gone``` ü") }),
    `${HEAD}\nThe response contains the following payload:\n` +
      "```\nb'it\\'s\\n'''gone''' \\xc3\\xbc'\n```",
  );
});

Deno.test("bytes are shown as Python shows them, and not all of a long answer", () => {
  assert.equal(
    bytesText(Uint8Array.of(0, 9, 10, 13, 39, 65, 92, 127, 255)),
    "b'\\x00\\t\\n\\r\\'A\\\\\\x7f\\xff'",
  );
  const long = bytesText(encoder.encode("a".repeat(1001)));
  assert.equal(long, `b'${"a".repeat(1000)}'…`);
});
