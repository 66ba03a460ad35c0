import assert from "node:assert/strict";
import { checkedContent, checkedTopic } from "../../../../lib/domain/messages/send/new_message.ts";
import { checkedWidget } from "../../../../lib/domain/messages/send/widget.ts";

const CONTENTS: readonly [given: string, stored: string][] = [
  ["rain", "rain"],
  ["\n\n  rain \n ", "  rain"],
  ["😀".repeat(10_000), "😀".repeat(10_000)],
  ["😀".repeat(10_001), "😀".repeat(9_980) + "\n[message truncated]"],
];

Deno.test("a content is stored without what is around it, and cut by code points", () => {
  for (const [given, stored] of CONTENTS) assert.equal(checkedContent(given), stored);
});

Deno.test("a content of nothing, or with NUL, is refused in Zulip's words", () => {
  for (const content of ["", " ", "\n\n"]) {
    assert.throws(() => checkedContent(content), {
      name: "SendError",
      message: "Message must not be empty",
    });
  }
  assert.throws(() => checkedContent("a\0b"), { message: "Message must not contain null bytes" });
});

const TOPICS: readonly [given: string, stored: string][] = [
  ["", ""],
  [" lunch ", "lunch"],
  ["😀".repeat(60), "😀".repeat(60)],
  ["😀".repeat(61), "😀".repeat(57) + "..."],
];

Deno.test("a topic is cut by code points, and has no control characters", () => {
  for (const [given, stored] of TOPICS) assert.equal(checkedTopic(given), stored);
  assert.throws(() => checkedTopic("a\u0007"), {
    message: "Invalid character in topic, at position 2!",
  });
});

const CHOICE = { type: "multiple_choice", short_name: "A", long_name: "Yes", reply: "yes" };
const WIDGETS: readonly [widget: unknown, problem: string][] = [
  [[], "widget_content is not a dict"],
  [{ extra_data: {} }, "widget_type is not in widget_content"],
  [{ widget_type: "zform" }, "extra_data is not in widget_content"],
  [{ widget_type: "zform", extra_data: [] }, "extra_data is not a dict"],
  [{ widget_type: "poll", extra_data: {} }, "unknown widget type: poll"],
  [{ widget_type: "zform", extra_data: {} }, "zform is missing type field"],
  [{ widget_type: "zform", extra_data: { type: "x" } }, "unknown zform type: x"],
];

Deno.test("an invalid widget is refused in Zulip's words", () => {
  for (const [widget, problem] of WIDGETS) {
    assert.throws(() => checkedWidget(JSON.stringify(widget)), { message: `Widgets: ${problem}` });
  }
  const extra_data = { type: "choices", heading: "?", choices: [{ ...CHOICE, reply: 1 }] };
  assert.throws(
    () => checkedWidget(JSON.stringify({ widget_type: "zform", extra_data })),
    /Widgets: extra_data\.choices\.0\.reply: /,
  );
});
