import assert from "node:assert/strict";
import type { LinkPreview } from "../../../lib/domain/previews/preview.ts";
import { cssText, previewHtml } from "../../../lib/domain/previews/preview_html.ts";

const LINK = "https://example.com/?a=1&b='2'";
const HREF = "https://example.com/?a=1&amp;b=&#39;2&#39;";
const IMAGE = "https://i.example/a.png?x=1&y=2";
const SRC = "https://i.example/a.png?x=1&amp;y=2";

const PREVIEWS: readonly [title: string, preview: LinkPreview, html: string | undefined][] = [
  [
    "a page",
    { kind: "page", image: IMAGE, title: "Tea & <b>", description: 'say "hi"' },
    `<div class="message_embed"><a class="message_embed_image" href="${HREF}" ` +
    `style="background-image: url(&quot;${SRC}&quot;)"></a><div class="data-container">` +
    `<div class="message_embed_title"><a href="${HREF}" title="Tea &amp; &lt;b&gt;">` +
    "Tea &amp; &lt;b&gt;</a></div>" +
    '<div class="message_embed_description">say &quot;hi&quot;</div></div></div>',
  ],
  [
    "a page with an image only",
    { kind: "page", image: IMAGE },
    `<div class="message_embed"><a class="message_embed_image" href="${HREF}" ` +
    `style="background-image: url(&quot;${SRC}&quot;)"></a><div class="data-container"></div></div>`,
  ],
  ["a page without an image", { kind: "page", title: "Tea", description: "Hot" }, undefined],
  [
    "a photo",
    { kind: "photo", image: IMAGE, title: "'Sea'" },
    `<div class="message_inline_image"><a href="${HREF}" title="&#39;Sea&#39;">` +
    `<img src="${SRC}"></a></div>`,
  ],
  [
    "a photo without a title",
    { kind: "photo", image: IMAGE },
    `<div class="message_inline_image"><a href="${HREF}"><img src="${SRC}"></a></div>`,
  ],
  [
    "a video",
    { kind: "video", image: IMAGE, html: '<iframe src="https://p.example/"></iframe>', title: "T" },
    '<div class="embed-video message_inline_image"><a ' +
    'data-id="&lt;iframe src=&quot;https://p.example/&quot;&gt;&lt;/iframe&gt;" ' +
    `href="${HREF}" title="T"><img src="${SRC}"></a></div>`,
  ],
];

for (const [title, preview, html] of PREVIEWS) {
  Deno.test(`the HTML of ${title}`, () => {
    assert.equal(previewHtml(LINK, preview, undefined), html);
  });
}

Deno.test("images are loaded through the proxy", () => {
  const camo = { uri: "/external_content/", key: "key" };
  const html = previewHtml(LINK, { kind: "photo", image: IMAGE }, camo);
  assert.match(html ?? "", /<img src="\/external_content\/[0-9a-f]{40}\/[0-9a-f]+">/);
  const page = previewHtml(LINK, { kind: "page", image: IMAGE }, camo);
  assert.match(page ?? "", /url\(&quot;\/external_content\/[0-9a-f]{40}\/[0-9a-f]+&quot;\)/);
  assert(!`${html}${page}`.includes("i.example"));
});

Deno.test("no text leaves its quotes in CSS", () => {
  assert.equal(cssText('a"b\\c\nd\re\r\nf\fg'), 'a\\"b\\\\c\\a d\\a e\\a f\\a g');
});
