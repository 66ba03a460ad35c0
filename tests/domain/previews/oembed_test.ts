import assert from "node:assert/strict";
import { type OembedAnswer, playerHtml, readOembed } from "../../../lib/domain/previews/oembed.ts";

const LINK = "https://vimeo.com/246979354";
const IFRAME = '<iframe src="https://player.vimeo.com/video/246979354"></iframe>';
const PLAYER =
  '<iframe src="https://player.vimeo.com/video/246979354" allowfullscreen=""></iframe>';
const PICTURE = "https://i.example/1.jpg";
const NONE = { title: undefined, description: undefined };

const ANSWERS: readonly [title: string, answer: unknown, read: OembedAnswer | undefined][] = [
  ["a photo", { type: "photo", url: PICTURE, title: "Sea", description: "Blue" }, {
    ...{ kind: "photo", image: PICTURE },
    ...{ title: "Sea", description: "Blue" },
  }],
  ["a photo by another name", { type: "photo", image: PICTURE }, {
    ...{ kind: "photo", image: PICTURE, ...NONE },
  }],
  ["a photo without an address", { type: "photo", title: "Sea" }, {
    ...{ kind: "texts", title: "Sea", description: undefined },
  }],
  ["a photo that is a script", { type: "photo", url: "javascript:alert(1)" }, {
    kind: "texts",
    ...NONE,
  }],
  ["a video", { type: "video", html: IFRAME, thumbnail_url: PICTURE, title: "Waves" }, {
    ...{ kind: "video", image: PICTURE, html: PLAYER, title: "Waves", description: undefined },
  }],
  ["a video in CDATA", {
    ...{ type: "video", html: `<![CDATA[${IFRAME}]]>`, thumbnail_url: PICTURE },
  }, { kind: "video", image: PICTURE, html: PLAYER, ...NONE }],
  ["a video without a picture", { type: "video", html: IFRAME, title: "Waves" }, {
    ...{ kind: "texts", title: "Waves", description: undefined },
  }],
  ["a video without a player", {
    ...{ type: "video", html: "<blockquote>Waves</blockquote><script src=x></script>" },
    ...{ thumbnail_url: PICTURE, title: "Waves" },
  }, { kind: "texts", title: "Waves", description: undefined }],
  ["a rich answer", { type: "rich", html: IFRAME, title: "Slides", description: "Ten" }, {
    ...{ kind: "texts", title: "Slides", description: "Ten" },
  }],
  ["texts of another type", { type: "link", title: 7, description: null }, {
    kind: "texts",
    ...NONE,
  }],
  ["a list", [], undefined],
  ["null", null, undefined],
  ["a number", 7, undefined],
];

for (const [title, answer, read] of ANSWERS) {
  Deno.test(`an oEmbed answer: ${title}`, () => {
    assert.deepEqual(readOembed(JSON.stringify(answer), LINK), read);
  });
}

Deno.test("an oEmbed answer that is no JSON is ignored", () => {
  for (const text of ["", "{", "<html>", '{"type":"photo",}']) {
    assert.equal(readOembed(text, LINK), undefined);
  }
});

const PLAYERS: readonly [html: string, player: string | undefined][] = [
  [IFRAME, PLAYER],
  [`<div style="x"><p>${IFRAME}</p></div>`, PLAYER],
  [
    '<iframe src="//p.example/1">',
    '<iframe src="https://p.example/1" allowfullscreen=""></iframe>',
  ],
  [
    '<iframe width="640" HEIGHT="100%" src="https://p.example/1" title="A &quot;b&quot;">',
    '<iframe src="https://p.example/1" width="640" height="100%" title="A &quot;b&quot;" ' +
    'allowfullscreen=""></iframe>',
  ],
  [
    '<iframe src="https://p.example/1" onload="alert(1)" srcdoc="<script>" style="x" width="1;2">',
    '<iframe src="https://p.example/1" allowfullscreen=""></iframe>',
  ],
  [
    '<iframe src="https://p.example/&quot;><script>alert(1)</script>">',
    '<iframe src="https://p.example/%22%3E%3Cscript%3Ealert(1)%3C/script%3E" ' +
    'allowfullscreen=""></iframe>',
  ],
  ['<iframe src="javascript:alert(1)">', undefined],
  ['<iframe src="http://p.example/1">', undefined],
  ['<iframe src="data:text/html,x">', undefined],
  ['<iframe srcdoc="<p>">', undefined],
  [
    '<iframe src="http://p.example/1"></iframe><iframe src="https://p.example/2"></iframe>',
    '<iframe src="https://p.example/2" allowfullscreen=""></iframe>',
  ],
  ["<script>alert(1)</script>", undefined],
  ['<embed src="https://p.example/1">', undefined],
  ["", undefined],
];

for (const [html, player] of PLAYERS) {
  Deno.test(`the player of ${html.slice(0, 60)}`, () => {
    assert.equal(playerHtml(html, LINK), player);
  });
}
