import assert from "node:assert/strict";
import { insertPreviews, videoTitle } from "../../../lib/domain/previews/insert.ts";
import type { LinkPreview } from "../../../lib/domain/previews/preview.ts";

const A = "https://a.example/?x=1&y=2";
const B = "https://b.example/";
const TUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const VIMEO = "https://vimeo.com/246979354";

const preview = (image: string, title?: string): LinkPreview => ({ kind: "photo", image, title });
const PREVIEWS = new Map<string, LinkPreview>([
  [A, preview("https://i.example/a.png")],
  [B, preview("https://i.example/b.png")],
  [TUBE, preview("https://i.example/t.png", "Never <gonna>")],
  [VIMEO, preview("https://i.example/v.png", "Waves")],
]);

const link = (url: string, text = url) =>
  `<a href="${url.replaceAll("&", "&amp;")}">${text.replaceAll(/&(?!lt;|gt;)/g, "&amp;")}</a>`;
const shown = (url: string, image: string, title = "") =>
  `<div class="message_inline_image"><a href="${url.replaceAll("&", "&amp;")}"${title}>` +
  `<img src="https://i.example/${image}.png"></a></div>`;
const TUBE_TITLE = ' title="Never &lt;gonna&gt;"';

const MESSAGES: readonly [title: string, rendered: string, result: string][] = [
  ["a link", `<p>${link(A)}</p>`, `<p>${link(A)}</p>\n${shown(A, "a")}`],
  [
    "two links, in their order",
    `<p>${link(B, "b")} ${link(A)}</p>`,
    `<p>${link(B, "b")} ${link(A)}</p>\n${shown(B, "b")}\n${shown(A, "a")}`,
  ],
  [
    "a link twice",
    `<p>${link(B)} ${link(B)}</p>`,
    `<p>${link(B)} ${link(B)}</p>\n${shown(B, "b")}`,
  ],
  [
    "what is not written as usual stays",
    `<P>a&nbsp;b<br/><A HREF='${B}' >b</A>&copy;&#x41;<input checked>`,
    `<P>a&nbsp;b<br/><A HREF='${B}' >b</A>&copy;&#x41;<input checked>\n${shown(B, "b")}`,
  ],
  ["no link", "<p>https://b.example/</p>", "<p>https://b.example/</p>"],
  ["another link", `<p>${link("https://c.example/")}</p>`, `<p>${link("https://c.example/")}</p>`],
  [
    "a link in a quote",
    `<blockquote><p>${link(B)}</p></blockquote>`,
    `<blockquote><p>${link(B)}</p></blockquote>`,
  ],
  [
    "a link in and behind a quote",
    `<blockquote><p>${link(B)}</p></blockquote><p>${link(B)}</p>`,
    `<blockquote><p>${link(B)}</p></blockquote><p>${link(B)}</p>\n${shown(B, "b")}`,
  ],
  [
    "a link that has its preview",
    `<p>${link(B)}</p>\n${shown(B, "b")}`,
    `<p>${link(B)}</p>\n${shown(B, "b")}`,
  ],
  [
    "a page that has its preview",
    `<p>${
      link(B)
    }</p><div class="message_embed"><a class="message_embed_image" href="${B}"></a></div>`,
    `<p>${
      link(B)
    }</p><div class="message_embed"><a class="message_embed_image" href="${B}"></a></div>`,
  ],
  [
    "a video on YouTube that has Zulip's preview",
    `<p>${link(TUBE)}</p>\n<div class="youtube-video message_inline_image">` +
    `<a data-id="dQw4w9WgXcQ" href="${TUBE}"><img src="x"></a></div>`,
    `<p>${link(TUBE, "YouTube - Never &lt;gonna&gt;")}</p>\n` +
    '<div class="youtube-video message_inline_image">' +
    `<a data-id="dQw4w9WgXcQ" href="${TUBE}"><img src="x"></a></div>`,
  ],
  [
    "a video on YouTube without it",
    `<p>${link(TUBE)}</p>`,
    `<p>${link(TUBE, "YouTube - Never &lt;gonna&gt;")}</p>\n${shown(TUBE, "t", TUBE_TITLE)}`,
  ],
  [
    "a link to a video that has a text",
    `<p>${link(TUBE, "look")}</p>`,
    `<p>${link(TUBE, "look")}</p>\n${shown(TUBE, "t", TUBE_TITLE)}`,
  ],
  [
    "a link to a video with an element in it",
    `<p><a href="${TUBE}">${TUBE}<b></b></a></p>`,
    `<p><a href="${TUBE}">${TUBE}<b></b></a></p>\n${shown(TUBE, "t", TUBE_TITLE)}`,
  ],
  [
    "a video on Vimeo",
    `<p>${link(VIMEO)}</p>`,
    `<p>${link(VIMEO, "Vimeo - Waves")}</p>\n${shown(VIMEO, "v", ' title="Waves"')}`,
  ],
];

for (const [title, rendered, result] of MESSAGES) {
  Deno.test(`previews of a message: ${title}`, () => {
    assert.equal(insertPreviews(rendered, PREVIEWS, undefined), result);
    assert.equal(insertPreviews(result, PREVIEWS, undefined), result, "a second time");
  });
}

Deno.test("a page without an image changes no message", () => {
  const rendered = `<p>${link(B)}</p>`;
  const page = new Map<string, LinkPreview>([[B, { kind: "page", title: "B" }]]);
  assert.equal(insertPreviews(rendered, page, undefined), rendered);
});

const TITLES: readonly [link: string, title: string | undefined][] = [
  [TUBE, "YouTube - T"],
  ["https://youtu.be/dQw4w9WgXcQ?t=3", "YouTube - T"],
  ["https://m.youtube.com/watch?list=x&v=dQw4w9WgXcQ", "YouTube - T"],
  ["https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "YouTube - T"],
  ["https://www.youtube.com/playlist?list=x", undefined],
  ["https://www.youtube.com/", undefined],
  ["https://youtube.com.example.com/watch?v=dQw4w9WgXcQ", undefined],
  ["https://vimeo.com/channels/staffpicks/246979354", "Vimeo - T"],
  ["https://player.vimeo.com/video/246979354", "Vimeo - T"],
  ["https://vimeo.com/about", undefined],
  [B, undefined],
];

for (const [url, title] of TITLES) {
  Deno.test(`the title of ${url}`, () => {
    assert.equal(videoTitle(url, preview("x", "T")), title);
    assert.equal(videoTitle(url, preview("x")), undefined);
  });
}
