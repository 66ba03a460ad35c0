import assert from "node:assert/strict";
import { table } from "../../../lib/command_line/terminal/table.ts";
import { cutEnd, cutMiddle, printable, widthOf } from "../../../lib/command_line/terminal/text.ts";

const COLUMNS = [
  { title: "QUEUE", shrinks: true },
  { title: "READY", align: "right" },
  { title: "STATE" },
] as const;

Deno.test("a table has aligned columns and no blanks at the ends of lines", () => {
  assert.deepEqual(table(COLUMNS, [["mails", "4,120", "behind"], ["pushes", "0", ""]], 80), [
    "QUEUE   READY  STATE",
    "mails   4,120  behind",
    "pushes      0",
  ]);
});

Deno.test("a table that is too wide is cut in the middle of a long name, and never wraps", () => {
  const rows = [["missedmessage_mobile_notifications_shard1", "1", "ok"]];
  const lines = table(COLUMNS, rows, 40);
  assert(lines.every((line) => widthOf(line) <= 40));
  assert.match(lines[1] ?? "", /^missedmess\w*…\w*_shard1 /);
});

Deno.test("what comes from events does not control the terminal", () => {
  const [, line] = table(COLUMNS, [["a\x1b[31m\u202eb\n", "0", "ok"]], 80);
  assert.equal(line, "a?[31m?b?      0  ok");
  assert.equal(printable("tab\tand\u0007bell"), "tab?and?bell");
});

Deno.test("widths count wide characters twice and marks not at all", () => {
  assert.equal(widthOf("漢字"), 4);
  assert.equal(widthOf("e\u0301"), 1);
  assert(widthOf(cutMiddle("漢字漢字漢字", 7)) <= 7);
  assert.equal(cutMiddle("abcdefgh", 5), "ab…gh");
  assert.equal(cutEnd("abcdefgh", 5), "abcd…");
  assert.equal(cutEnd("abc", 5), "abc");
});
