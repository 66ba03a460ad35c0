import assert from "node:assert/strict";
import { replyOf } from "../../../../lib/domain/bots/outgoing/answer.ts";

const WIDGET = {
  widget_type: "zform",
  extra_data: {
    type: "choices",
    heading: "Rain?",
    choices: [{ type: "multiple_choice", short_name: "A", long_name: "Yes", reply: "yes" }],
  },
};

const REPLIES: readonly [body: unknown, content: string | undefined][] = [
  [{ content: "Rain." }, "Rain."],
  [{ response_string: "Sun." }, "Sun."],
  [{ response_string: "Sun.", content: "Rain." }, "Sun."],
  [{ response_string: 42 }, "42"],
  [{ content: { a: 1 } }, '{"a":1}'],
  [{ response_string: null, content: "Rain." }, "Rain."],
  ["", undefined],
  [{}, undefined],
  [{ content: " \n" }, undefined],
  [{ content: "Rain.", response_not_required: true }, undefined],
  [{ content: "Rain.", response_not_required: false }, "Rain."],
  [{ text: "Rain." }, undefined],
];

Deno.test("what a generic service answers is what the bot says", () => {
  for (const [body, content] of REPLIES) {
    assert.equal(replyOf(JSON.stringify(body), false)?.content, content, JSON.stringify(body));
  }
});

Deno.test("of Slack's format only text is said", () => {
  assert.equal(replyOf('{"text":"Rain."}', true)?.content, "Rain.");
  assert.equal(replyOf('{"content":"Rain.","response_string":"Sun."}', true), undefined);
  assert.equal(replyOf('""', true), undefined);
});

const REFUSED: readonly [body: string, text: RegExp][] = [
  ["", /^Invalid JSON in response$/],
  ["<html>", /^Invalid JSON in response$/],
  ["[]", /^Invalid response format$/],
  ["null", /^Invalid response format$/],
  ["1", /^Invalid response format$/],
  ['"text"', /^Invalid response format$/],
  ['{"content":"x","widget_content":"{"}', /^Widgets: API programmer sent invalid JSON content$/],
  ['{"content":"x","widget_content":{}}', /^Widgets: API programmer sent invalid JSON content$/],
  ['{"content":"x","widget_content":"[]"}', /^Widgets: widget_content is not a dict$/],
  ['{"content":"x","widget_content":"{}"}', /^Widgets: widget_type is not in widget_content$/],
];

Deno.test("an invalid answer is reported in Zulip's words", () => {
  for (const [body, message] of REFUSED) {
    assert.throws(() => replyOf(body, false), { message }, body);
  }
});

const NO_TEXT = { toString: 1, valueOf: 1 };
const ODD_TYPES: readonly [widget: unknown, message: string][] = [
  [{ widget_type: NO_TEXT, extra_data: {} }, "Widgets: widget_type is not a string"],
  [
    { widget_type: "zform", extra_data: { type: NO_TEXT } },
    "Widgets: zform type is not a string",
  ],
];

Deno.test("a widget whose type is no text is refused, whatever it is", () => {
  for (const [widget, message] of ODD_TYPES) {
    const body = JSON.stringify({ content: "x", widget_content: JSON.stringify(widget) });
    assert.throws(() => replyOf(body, false), { name: "SendError", message });
  }
});

Deno.test("choices belong to the reply", () => {
  const body = JSON.stringify({ content: "Rain?", widget_content: JSON.stringify(WIDGET) });
  assert.deepEqual(replyOf(body, false), { content: "Rain?", widget: WIDGET });
});
