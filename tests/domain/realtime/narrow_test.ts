import assert from "node:assert/strict";
import { readNarrow, satisfies } from "../../../lib/domain/realtime/narrow.ts";

const CHANNEL = {
  type: "stream",
  display_recipient: "Design",
  subject: "Colours",
  sender_email: "Ann@example.com",
};
const RESOLVED = { ...CHANNEL, subject: "✔ Colours" };
const DIRECT = { ...CHANNEL, type: "private", display_recipient: [], subject: "Colours" };

function narrowOf(value: unknown) {
  const read = readNarrow(value);
  assert.ok(read.kind === "narrow", JSON.stringify(read));
  return read.narrow;
}

Deno.test("a message has to satisfy all terms of a narrow", () => {
  const rows: [narrow: unknown[], message: typeof CHANNEL | typeof DIRECT, boolean, string[]?][] = [
    [[], CHANNEL, true],
    [[["channel", "design"]], CHANNEL, true],
    [[["stream", "DESIGN"]], CHANNEL, true],
    [[["stream", "designs"]], CHANNEL, false],
    [[["stream", "design"]], DIRECT, false],
    [[["topic", "colours"]], CHANNEL, true],
    [[["topic", "colour"]], CHANNEL, false],
    [[["topic", "colours"]], DIRECT, false],
    [[["sender", "ann@EXAMPLE.com"]], DIRECT, true],
    [[["sender", "bob@example.com"]], DIRECT, false],
    [[["is", "dm"]], DIRECT, true],
    [[["is", "private"]], DIRECT, true],
    [[["is", "dm"]], CHANNEL, false],
    [[["is", "starred"]], CHANNEL, false],
    [[["is", "starred"]], CHANNEL, true, ["starred"]],
    [[["is", "unread"]], CHANNEL, true],
    [[["is", "unread"]], CHANNEL, false, ["read"]],
    [[["is", "mentioned"]], CHANNEL, true, ["mentioned"]],
    [[["is", "mentioned"]], CHANNEL, false, ["has_alert_word"]],
    [[["is", "alerted"]], CHANNEL, true, ["has_alert_word"]],
    [[["is", "alerted"]], CHANNEL, true, ["mentioned"]],
    [[["is", "alerted"]], CHANNEL, false, ["read"]],
    [[["is", "resolved"]], CHANNEL, false],
    [[["is", "resolved"]], RESOLVED, true],
    [[["channel", "design"], ["topic", "colours"]], CHANNEL, true],
    [[["channel", "design"], ["topic", "shapes"]], CHANNEL, false],
    [[{ operator: "channel", operand: "design", negated: false }], CHANNEL, true],
  ];
  for (const [narrow, message, expected, flags = []] of rows) {
    const what = `${JSON.stringify(narrow)} ${message.type} ${flags}`;
    assert.equal(satisfies(narrowOf(narrow), message, flags), expected, what);
  }
});

Deno.test("a narrow that cannot be used is refused, with the reason", () => {
  const rows: [value: unknown, message: string][] = [
    ["is:dm", "The narrow is not a list of [operator, operand] pairs."],
    [[["is", "dm"], ["is"]], "Term 2 of the narrow is not a pair of two strings."],
    [[["is", "dm", "x"]], "Term 1 of the narrow is not a pair of two strings."],
    [[["sender", 5]], "Term 1 of the narrow is not a pair of two strings."],
    [[null], "Term 1 of the narrow is not a pair of two strings."],
    [[["near", "5"]], "Operator near not supported."],
    [Array(101).fill(["is", "dm"]), "The narrow has more than 100 terms."],
    [[["topic", "a".repeat(1001)]], "An operand has more than 1000 characters."],
    [[["constructor", "5"]], "Operator constructor not supported."],
    [[["is", "followed"]], "Operand followed not supported."],
    [[["is", "toString"]], "Operand toString not supported."],
    [
      [{ operator: "channel", operand: "design", negated: true }],
      "Negated terms are not supported: channel.",
    ],
  ];
  for (const [value, message] of rows) {
    assert.deepEqual(readNarrow(value), { kind: "error", message });
  }
});
