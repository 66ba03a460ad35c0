import assert from "node:assert/strict";
import { mailHtml } from "../../../../lib/domain/messages/rendering/mail_html.ts";
import { READER } from "./reader.ts";

const TITLE = '<span class="spoiler-title" title="Open Zulip to see the spoiler content">' +
  "(Open Zulip to see the spoiler content)</span>";
const AT = "2026-03-05T17:04:00Z";

const spoiler = (header: string, content: string) =>
  `<div class="spoiler-block"><div class="spoiler-header">\n${header}</div>` +
  `<div class="spoiler-content" aria-hidden="true">\n${content}</div></div>`;
const covered = (header: string) =>
  `<div class="spoiler-block"><div class="spoiler-header">\n${header}</div></div>`;
const formula = (latex: string, html = "<span>x</span>") =>
  '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>' +
  `<annotation encoding="application/x-tex">${latex}</annotation></semantics></math></span>` +
  `<span class="katex-html" aria-hidden="true">${html}</span></span>`;

const ELEMENTS: readonly [what: string, html: string, mail: string][] = [
  [
    "a spoiler shows its title only",
    spoiler("<p>The end</p>\n", "<p>It was the gardener.</p>\n"),
    covered(`<p>The end ${TITLE}</p>\n`),
  ],
  [
    "a spoiler without a title says what it is",
    spoiler("", "<p>x</p>"),
    covered(`<p>${TITLE}</p>`),
  ],
  ["a spoiler may have an empty title", spoiler("<p></p>", "x"), covered(`<p>${TITLE}</p>`)],
  [
    "a spoiler's title keeps its link",
    spoiler('<p>See <a href="/x">x</a></p>', "y"),
    covered(`<p>See <a href="https://acme.example.com/x">x</a> ${TITLE}</p>`),
  ],
  [
    "a spoiler says it once",
    spoiler("<p>a</p><p>b</p>", "y"),
    covered(`<p>a ${TITLE}</p><p>b</p>`),
  ],
  [
    "a spoiler in a spoiler is hidden",
    spoiler("<p>a</p>", spoiler("<p>b</p>", "<p>c</p>")),
    covered(`<p>a ${TITLE}</p>`),
  ],
  [
    "a spoiler in a quotation is hidden, and what follows is not",
    `<blockquote>${spoiler("<p>a</p>", "<p>b</p>")}</blockquote><p>c</p>`,
    `<blockquote>${covered(`<p>a ${TITLE}</p>`)}</blockquote><p>c</p>`,
  ],
  [
    "a spoiler without an end tag hides what could be in it",
    '<div class="spoiler-block"><div class="spoiler-content"><p>secret</div><p>secret',
    '<div class="spoiler-block"><p>secret',
  ],
  [
    "a spoiler that is never closed is hidden to the end",
    '<p>a</p><div class="spoiler-content"><p>secret',
    "<p>a</p>",
  ],
  ["a formula is its source", `<p>${formula("x^2")}</p>`, "<p><span>x^2</span></p>"],
  [
    "a formula with signs of HTML is escaped",
    formula("a &lt; b &amp; c"),
    "<span>a &lt; b &amp; c</span>",
  ],
  [
    "a displayed formula is its source",
    `<p><span class="katex-display">${formula("\\frac{1}{2}")}</span></p>`,
    '<p><span class="katex-display"><span>\\frac{1}{2}</span></span></p>',
  ],
  [
    "a formula with a drawing is its source",
    `<p>${formula("\\sqrt x", '<svg viewBox="0 0 1 1"><path d="M0"/></svg>')} and</p>`,
    "<p><span>\\sqrt x</span> and</p>",
  ],
  [
    "a formula without its source stays",
    '<span class="katex"><span class="katex-html">x</span></span>',
    '<span class="katex"><span class="katex-html">x</span></span>',
  ],
  [
    "a formula that failed stays",
    '<span class="tex-error">$$x^$$</span>',
    '<span class="tex-error">$$x^$$</span>',
  ],
  [
    "a time is the user's",
    `<p><time datetime="${AT}">2026-03-05 17:04</time></p>`,
    `<p><time datetime="${AT}">Thu, March 5, 2026 at 12:04 PM EST</time></p>`,
  ],
  [
    "a time may be empty",
    `<time datetime='${AT}'></time>`,
    `<time datetime='${AT}'>Thu, March 5, 2026 at 12:04 PM EST</time>`,
  ],
  ["an element without a time stays", "<time>noon</time>", "<time>noon</time>"],
];

for (const [what, html, mail] of ELEMENTS) {
  Deno.test(`in a mail, ${what}`, () => {
    assert.deepEqual(mailHtml(html, READER), { html: mail, warnings: [] });
  });
}

const STYLES: readonly [language: string, hours: boolean | undefined, text: string][] = [
  ["en-US", true, "Thu, March 5, 2026 at 18:04 GMT+1"],
  ["de", undefined, "Do., 5. März 2026 um 18:04 MEZ"],
  ["de", false, "Do., 5. März 2026 um 6:04 PM MEZ"],
  ["zh_Hans", true, "2026年3月5日周四 GMT+1 18:04"],
];

for (const [language, hasTwentyFourHours, text] of STYLES) {
  Deno.test(`in a mail, a time in ${language} is "${text}"`, () => {
    const dates = { language, timezone: "Europe/Berlin", hasTwentyFourHours };
    const { html } = mailHtml(`<time datetime="${AT}">x</time>`, { ...READER, dates });
    assert.equal(html, `<time datetime="${AT}">${text}</time>`);
  });
}

const WRONG_TIMES: readonly string[] = [
  '<time datetime="soon">x</time>',
  '<time datetime="2026-13-45T17:04:00Z">x</time>',
  '<time datetime="">x</time>',
  `<p><time datetime="${AT}">x</p>`,
];

for (const html of WRONG_TIMES) {
  Deno.test(`in a mail, a time that cannot be read stays, and there is a warning: ${html}`, () => {
    const { html: mail, warnings } = mailHtml(html, READER);
    assert.equal(mail, html);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^a time stays as the message has it: ".*" is no complete time in ISO 8601 with an end tag, or there is no language "en-US"$/,
    );
  });
}

Deno.test("in a mail, times stay for a language that does not exist", () => {
  const html = `<time datetime="${AT}">x</time>`;
  const { html: mail, warnings } = mailHtml(html, {
    ...READER,
    dates: { language: "not a language" },
  });
  assert.equal(mail, html);
  assert.match(warnings[0] ?? "", /there is no language "not a language"$/);
});

Deno.test("in a mail, many wrong times give a few short warnings", () => {
  const times = Array.from(
    { length: 100 },
    (_, at) => `<time datetime="${at}${"x".repeat(1000)}"></time>`,
  );
  const { warnings } = mailHtml(times.join(""), READER);
  assert.equal(warnings.length, 3);
  assert.ok(warnings.every((warning) => warning.length < 200));
});
