import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";
import { mailHtml } from "../../../../lib/domain/messages/rendering/mail_html.ts";
import { READER } from "./reader.ts";

/** Pieces of HTML, right and wrong, that no rule of mails means. */
const PIECES: readonly string[] = [
  "<p>",
  "</p>",
  "<P CLASS=x>",
  "<br>",
  "<br/>",
  "<hr / >",
  "<li",
  "</li >",
  "</",
  "<",
  ">",
  "&",
  "&amp;",
  "&#60;",
  "&notanentity;",
  "&lt",
  "<a href='https://x.example/?a&b'>",
  "</a>",
  "<a name=b title>",
  "<img src=https://x.example/y>",
  '<img alt = "a>b" / >',
  "<!-- <p> --x-->",
  "<!-->",
  "<!--",
  "-->",
  "<![CDATA[ <p> ]]>",
  "<!doctype html>",
  "<?xml ?>",
  "<script>",
  "</script>",
  "if (a<b) x",
  "<style>",
  "</style>",
  "<title>",
  "</title>",
  "<textarea>",
  "</textarea>",
  "<svg>",
  "<path d='M0'/>",
  "</svg>",
  "<math>",
  "</math>",
  "<table><tr><td>",
  "</table>",
  "<form><form>",
  '<div class="codehilite">',
  "<pre><code>",
  "</code></pre>",
  "</div>",
  "<span class='user-mention'>",
  "</span>",
  "\0",
  "\r\n",
  "é",
  "😀",
  "\ud800",
  "<é>",
  "</é>",
  "=\"'",
  "<p a=\"1\" a='2' a=3 a>",
];

const FRAGMENTS = fc.array(
  fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8, unit: "binary" })),
  { maxLength: 40 },
).map((pieces) => pieces.join(""));

Deno.test("HTML that no rule of mails means comes out byte for byte", () => {
  const isMeant = /href|src=|style|cite|poster|background|<time/i;
  fc.assert(
    fc.property(FRAGMENTS, (html) => {
      fc.pre(
        !isMeant.test(
          html.replaceAll(/(href='|src=)https:\/\/x\.example/g, "")
            .replaceAll(/<\/?style>/g, ""),
        ),
      );
      assert.deepEqual(mailHtml(html, READER), { html, warnings: [] });
    }),
    { numRuns: 1000 },
  );
});

Deno.test("what surrounds an emoji of a mail comes out byte for byte", () => {
  const emoji = '<span class="emoji emoji-1f604" title="a">:a:</span>';
  const image = mailHtml(emoji, READER).html;
  // A paragraph on each side has no comment, script or tag that goes on into the emoji.
  const around = fc.array(
    fc.constantFrom("<b>", "</i>", "&", "a", "<!-- x -->", "<br>", "é", "&lt;", "</p>"),
  ).map((pieces) => `<p>${pieces.join("")}</p>`);
  fc.assert(fc.property(around, around, (before, after) => {
    assert.equal(mailHtml(`${before}${emoji}${after}`, READER).html, `${before}${image}${after}`);
  }));
});

/** Inputs of `count` pieces whose cost would grow with the square of it. */
const DEEP: readonly [what: string, make: (count: number) => string][] = [
  ["nested tags", (count) => "<b>".repeat(count)],
  ["end tags that end nothing", (count) => `${"<b>".repeat(count)}${"</i>".repeat(count)}`],
  ["nested paragraphs", (count) => "<p>".repeat(count)],
  ["nested forms", (count) => "<form>".repeat(count)],
  ["nested spoilers", (count) => '<div class="spoiler-content">'.repeat(count)],
  ["signs &", (count) => "&".repeat(count)],
  ["open brackets", (count) => "<".repeat(count)],
  ["attributes", (count) => `<b ${"a ".repeat(count)}`],
];

for (const [what, make] of DEEP) {
  Deno.test(`the cost of a mail grows with the length of its message: ${what}`, () => {
    const small = 1_000;
    costOf(make(small)); // The first run compiles the code.
    const one = Math.min(costOf(make(small)), costOf(make(small)), costOf(make(small)));
    const hundred = costOf(make(100 * small));
    assert.ok(hundred < 1_500 * Math.max(one, 0.2), `${one} ms became ${hundred} ms`);
  });
}

Deno.test("a million nested tags come out as they are", () => {
  const html = "<b>".repeat(1_000_000);
  assert.ok(mailHtml(html, READER).html === html);
});

/** The ms of processor time that a message costs. */
function costOf(html: string): number {
  const before = process.cpuUsage();
  mailHtml(html, READER);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
