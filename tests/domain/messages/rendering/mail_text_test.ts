import assert from "node:assert/strict";
import { mailText } from "../../../../lib/domain/messages/rendering/mail_text.ts";
import { READER } from "./reader.ts";

const REALM = "https://acme.example.com";
const COVER = "(Open Zulip to see the spoiler content)";

const TEXTS: readonly [what: string, content: string, text: string][] = [
  ["is quoted", "Lunch?", "> Lunch?"],
  ["is quoted line by line", "a\n\nb\r\n  c", "> a\n> \n> b\n>   c"],
  ["may be empty", "", "> "],
  ["keeps its quotations", "> a\nb", "> > a\n> b"],
  ["keeps signs of HTML", "1 < 2 & <b>", "> 1 < 2 & <b>"],
  ["has the address of a link", "See [x](https://x.example/y).", "> See https://x.example/y."],
  ["has the address of two links", "[a](https://a) [b](https://b)", "> https://a https://b"],
  ["has an address with brackets", "[x](https://x/a_(b))", "> https://x/a_(b)"],
  ["keeps a link with blanks", "[a b](https://x) [c](d e)", "> [a b](https://x) [c](d e)"],
  ["keeps what is no link", "[a] (b) [c]( d ) a[0](", "> [a] (b) [c]( d ) a[0]("],
  ["keeps an unfinished link", "[a](https://x\n)", "> [a](https://x\n> )"],
  [
    "has the address of a file",
    "[a.png](/user_uploads/2/a.png)",
    `> ${REALM}/user_uploads/2/a.png`,
  ],
  [
    "has the address of a picture",
    "![a](/user_uploads/2/a.png)",
    `> ${REALM}/user_uploads/2/a.png`,
  ],
  ["keeps a sign before a link", "Wow![a](https://a)", "> Wow!https://a"],
  [
    "has the address of a file whose name has blanks",
    "[my a.png](/user_uploads/2/a.png)",
    `> [my a.png](${REALM}/user_uploads/2/a.png)`,
  ],
  ["has the address of a bare file", "/user_uploads/2/a b", `> ${REALM}/user_uploads/2/a b`],
  [
    "keeps a file of another server",
    "https://x.example/user_uploads/2/a ./user_uploads/2",
    "> https://x.example/user_uploads/2/a ./user_uploads/2",
  ],
  ["has the address of a conversation", "[x](#narrow/dm/9)", `> ${REALM}/#narrow/dm/9`],
  [
    "hides a spoiler",
    "a\n```spoiler The end\nThe gardener.\n\nReally.\n```\nb",
    `> a\n> \`\`\`spoiler The end\n> ${COVER}\n> \`\`\`\n> b`,
  ],
  ["hides a spoiler of waves", "~~~ spoiler\nx\n~~~", `> ~~~ spoiler\n> ${COVER}\n> ~~~`],
  [
    "keeps an indented fence as text",
    "  ```spoiler\nx\n  ```",
    ">   ```spoiler\n> x\n>   ```",
  ],
  [
    "keeps a fence with marks behind it as text",
    "```spoiler `a`\nx",
    "> ```spoiler `a`\n> x",
  ],
  [
    "keeps a fence of an unknown sign",
    "```é\n```spoiler\nx",
    `> \`\`\`é\n> \`\`\`spoiler\n> ${COVER}`,
  ],
  [
    "hides a spoiler in capitals",
    "```Spoiler The end\nx\n```",
    `> \`\`\`Spoiler The end\n> ${COVER}\n> \`\`\``,
  ],
  ["hides a spoiler behind a tab", "```\tspoiler\nx", `> \`\`\`\tspoiler\n> ${COVER}`],
  [
    "hides a spoiler after a line with code",
    "```a()``` works\n```spoiler b\nx\n```\ny",
    `> \`\`\`a()\`\`\` works\n> \`\`\`spoiler b\n> ${COVER}\n> \`\`\`\n> y`,
  ],
  [
    "hides what is behind an indented fence in a spoiler",
    "```spoiler\nx\n ```\ny\n``` \nz",
    `> \`\`\`spoiler\n> ${COVER}\n> \`\`\` \n> z`,
  ],
  [
    "hides a spoiler with code that has an indented fence",
    "```spoiler\n```js\n  ```\n```\ny\n```\nz",
    `> \`\`\`spoiler\n> ${COVER}\n> \`\`\`\n> z`,
  ],
  [
    "hides a spoiler in brackets",
    "```{.spoiler}\nx\n```",
    `> \`\`\`{.spoiler}\n> ${COVER}\n> \`\`\``,
  ],
  [
    "hides a spoiler in a quotation of another name",
    "````quoted\n```spoiler a\nx\n```\ny\n````",
    `> \`\`\`\`quoted\n> \`\`\`spoiler a\n> ${COVER}\n> \`\`\`\n> y\n> \`\`\`\``,
  ],
  ["hides a spoiler without an end", "```spoiler\nx\ny", `> \`\`\`spoiler\n> ${COVER}`],
  ["covers an empty spoiler", "```spoiler\n```", `> \`\`\`spoiler\n> ${COVER}\n> \`\`\``],
  [
    "hides code in a spoiler",
    "````spoiler\n```js\nx\n```\ny\n````\nz",
    `> \`\`\`\`spoiler\n> ${COVER}\n> \`\`\`\`\n> z`,
  ],
  [
    "hides code in a spoiler whose fences are alike",
    "```spoiler\n```js\nx\n```\ny\n```\nz",
    `> \`\`\`spoiler\n> ${COVER}\n> \`\`\`\n> z`,
  ],
  [
    "hides a spoiler in a quotation",
    "````quote\n```spoiler a\nx\n```\ny\n````",
    `> \`\`\`\`quote\n> \`\`\`spoiler a\n> ${COVER}\n> \`\`\`\n> y\n> \`\`\`\``,
  ],
  [
    "hides two spoilers",
    "```spoiler a\nx\n```\n```spoiler b\ny\n```",
    `> \`\`\`spoiler a\n> ${COVER}\n> \`\`\`\n> \`\`\`spoiler b\n> ${COVER}\n> \`\`\``,
  ],
  [
    "keeps code that shows a spoiler",
    "````\n```spoiler\nx\n````",
    "> ````\n> ```spoiler\n> x\n> ````",
  ],
  ["keeps code", "```spoilers\nx\n```", "> ```spoilers\n> x\n> ```"],
  ["keeps the word", "``spoiler\nx\n``", "> ``spoiler\n> x\n> ``"],
];

for (const [what, content, text] of TEXTS) {
  Deno.test(`in the text of a mail, a message ${what}: ${JSON.stringify(content)}`, () => {
    assert.equal(mailText(content, READER), text);
  });
}

Deno.test("in the text of a mail, the words for a spoiler are the reader's", () => {
  const spoilerText = "Den [Spoiler](x) zeigt Zulip";
  assert.equal(
    mailText("```spoiler\nx\n```", { ...READER, spoilerText }),
    "> ```spoiler\n> (Den [Spoiler](x) zeigt Zulip)\n> ```",
  );
});

/** Messages that would take minutes if their cost grew with the square of their length. */
const LONG: readonly string[] = [
  "[](",
  "[a](b",
  "[](()",
  "[](a(b)(c)",
  "````quote\n",
  "```spoiler\n",
];

for (const piece of LONG) {
  Deno.test(`in the text of a mail, a message of 100,000 ${JSON.stringify(piece)} comes out`, () => {
    const text = mailText(piece.repeat(100_000), READER);
    assert.ok(text.startsWith(`> ${piece.trim().slice(0, 1)}`));
  });
}
