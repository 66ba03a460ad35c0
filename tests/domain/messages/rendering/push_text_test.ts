import assert from "node:assert/strict";
import { pushText } from "../../../../lib/domain/messages/rendering/push_text.ts";

const QUOTE = "<blockquote>\n<p>a</p>\n<p>b</p>\n</blockquote>";
const SAID = '<p><span class="user-mention silent" data-user-id="9">Ada</span> ' +
  '<a href="/#narrow/channel/7/near/1">said</a>:</p>';
const FORMULA = '<span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi>' +
  '<annotation encoding="application/x-tex">x &lt; 1</annotation></semantics></math></span>' +
  '<span class="katex-html">x</span></span>';

const TEXTS: readonly [what: string, html: string, text: string][] = [
  ["words", "<p>a <strong>b</strong> &amp; c</p>", "a b & c"],
  ["paragraphs", "<p>a</p>\n<p>b<br>\nc</p>", "a\nb\nc"],
  ["nothing", "", ""],
  ["a mention", '<p><span class="user-mention" data-user-id="9">@Ada</span> hi</p>', "@Ada hi"],
  ["an emoji", '<p>a <span class="emoji emoji-1f604">:smile:</span> b</p>', "a 😄 b"],
  ["a flag", '<span class="emoji emoji-1f1ee-1f1f9">:it:</span>', "🇮🇹"],
  ["an emoji that is none", '<span class="emoji emoji-ffffff">:x:</span>', ":x:"],
  ["an emoji of the realm", '<p><img alt=":ok:" class="emoji" src="/x"> a</p>', ":ok: a"],
  ["a picture without words", '<p>a</p><div><a href="/x"><img src="/y"></a></div>', "a"],
  ["a quotation alone", QUOTE, "> a\n> b"],
  [
    "a quotation in a quotation",
    `<blockquote>${QUOTE}\n<p>c</p></blockquote>`,
    "> > a\n> > b\n> c",
  ],
  ["a quotation with an answer", `${QUOTE}\n<p>c</p>`, "[…]\nc"],
  ["a quotation with its author and an answer", `${SAID}\n${QUOTE}\n<p>c</p>`, "[…]\nc"],
  ["quotations between answers", `<p>c</p>${QUOTE}<p>d</p>${SAID}${QUOTE}`, "c\n[…]\nd\n[…]"],
  ["a quotation with its author alone", `${SAID}\n${QUOTE}`, "Ada said:\n> a\n> b"],
  ["a numbered list", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", "1. a\n2. b"],
  ["a list that starts later", '<ol start="7">\n<li>a</li>\n<li>b</li>\n</ol>', "7. a\n8. b"],
  [
    "a list in a list",
    "<ol>\n<li>a\n<ol>\n<li>b</li>\n<li>c</li>\n</ol>\n</li>\n<li>d</li>\n</ol>",
    "1. a\n  1. b\n  2. c\n2. d",
  ],
  ["a list without numbers", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "a\nb"],
  ["bullets in a list", "<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ol>", "1. a\nb"],
  [
    "a spoiler",
    '<div class="spoiler-block"><div class="spoiler-header">\n<p>End</p>\n</div>' +
    '<div class="spoiler-content">\n<p>x</p>\n</div></div><p>a</p>',
    "End (…)\na",
  ],
  [
    "a spoiler without a title",
    '<div class="spoiler-block"><div class="spoiler-header">\n</div>' +
    '<div class="spoiler-content"><p>x</p></div></div>',
    "(…)",
  ],
  ["a formula", `<p>If ${FORMULA} then</p>`, "If x < 1 then"],
  ["200 code points", `<p>${"😀".repeat(200)}</p>`, "😀".repeat(200)],
  ["201 code points", `<p>${"😀".repeat(201)}</p>`, `${"😀".repeat(200)}…`],
];

for (const [what, html, text] of TEXTS) {
  Deno.test(`a notification shows ${what}`, () => {
    assert.equal(pushText(html), text);
  });
}

Deno.test("a notification does not show a spoiler, however deep it is", () => {
  for (const around of ["<blockquote>", "<ol><li>", "<b>"]) {
    const html = `${around.repeat(1_000)}<div class="spoiler-content">secret</div>`;
    assert.doesNotMatch(pushText(html), /secret/);
  }
});

Deno.test("a notification of 100,000 quotations in each other ends", () => {
  assert.ok(pushText(`${"<blockquote>".repeat(100_000)}a`).endsWith("> a"));
});
