import assert from "node:assert/strict";
import { mailHtml } from "../../../../lib/domain/messages/rendering/mail_html.ts";
import { READER } from "./reader.ts";

const REALM = "https://acme.example.com";
const EMOJIS = `${REALM}/static/generated/emoji`;
const SMILE =
  '<span aria-label="smile" class="emoji emoji-1f604" role="img" title="smile">:smile:</span>';

const preview = (url: string, title = "") =>
  `<div class="message_inline_image"><a href="${url}"${title && ` title="${title}"`}>` +
  `<img data-original-dimensions="1x1" src="/user_uploads/thumbnail/2/a.webp"></a></div>`;

const PICTURES: readonly [what: string, html: string, mail: string][] = [
  [
    "a preview alone is a link",
    preview("/user_uploads/2/a.png", "a.png"),
    `<p><a href="${REALM}/user_uploads/2/a.png">a.png</a></p>`,
  ],
  [
    "a preview alone without a title is its address",
    preview("https://x.example/a.png?b&amp;c"),
    '<p><a href="https://x.example/a.png?b&amp;c">https://x.example/a.png?b&amp;c</a></p>',
  ],
  [
    "previews alone are links",
    `${preview("/1", "one")}\n${preview("/2", "two")}`,
    `<p><a href="${REALM}/1">one</a></p>\n<p><a href="${REALM}/2">two</a></p>`,
  ],
  [
    "a title is escaped",
    preview("/1", "&lt;b&gt;"),
    `<p><a href="${REALM}/1">&lt;b&gt;</a></p>`,
  ],
  [
    "a link that is not one of the web is words",
    preview("javascript:alert(1)", "a.png"),
    "<p>a.png</p>",
  ],
  ["a preview without a link is left out", '<div class="message_inline_image"></div>', ""],
  [
    "a preview of a text is left out",
    `<p><a href="https://x.example/a.png">a</a></p>\n${preview("https://x.example/a.png")}`,
    '<p><a href="https://x.example/a.png">a</a></p>\n',
  ],
  ["a preview after bare words is left out", `a ${preview("/1")}`, "a "],
  [
    "a preview in a quotation is left out",
    `<blockquote>\n<p>a</p>\n${preview("/1")}</blockquote>`,
    "<blockquote>\n<p>a</p>\n</blockquote>",
  ],
  [
    "a video is left out",
    '<p>a</p><div class="message_inline_image message_inline_video"><a href="/v.mp4">' +
    '<video preload="metadata" src="/v.mp4"></video></a></div>',
    "<p>a</p>",
  ],
  [
    "a preview without an end tag stays, and what is in it is changed",
    '<div class="message_inline_image"><a href="/x">x</a><div class="spoiler-content">y</div>',
    `<div class="message_inline_image"><a href="${REALM}/x">x</a>`,
  ],
  [
    "a card of a website stays",
    '<p>a</p><div class="message_embed"><a href="https://x.example">x</a></div>',
    '<p>a</p><div class="message_embed"><a href="https://x.example">x</a></div>',
  ],
  [
    "a picture in a sentence is a link",
    '<p>See <img alt="plan" class="inline-image" data-original-src="/user_uploads/2/p.png" ' +
    'src="/user_uploads/thumbnail/2/p.png/840x560.webp">.</p>',
    `<p>See <a href="${REALM}/user_uploads/2/p.png">plan</a>.</p>`,
  ],
  [
    "an emoji is a picture",
    `<p>${SMILE}</p>`,
    `<p><img alt=":smile:" src="${EMOJIS}/images-google-64/1f604.png" title="smile" width="20" height="20"></p>`,
  ],
  [
    "a flag is a picture",
    '<span aria-label="it" class="emoji emoji-1f1ee-1f1f9" role="img">:it:</span>',
    `<img alt=":it:" src="${EMOJIS}/images-google-64/1f1ee-1f1f9.png" title="it" width="20" height="20">`,
  ],
  [
    "a picture of an emoji has no path of a stranger",
    '<span class="emoji emoji-../../x">:x:</span>',
    '<span class="emoji emoji-../../x">:x:</span>',
  ],
  [
    "an emoji without a code stays",
    '<span class="emoji">:x:</span>',
    '<span class="emoji">:x:</span>',
  ],
  [
    "a class that only looks like an emoji's stays",
    '<span class="emojis emoji-1f604">:x:</span>',
    '<span class="emojis emoji-1f604">:x:</span>',
  ],
  [
    "an emoji of the realm is small",
    '<p><img alt=":ok:" class="emoji" src="/user_avatars/2/emoji/images/1.png" title="ok"></p>',
    `<p><img alt=":ok:" src="${REALM}/user_avatars/2/emoji/images/1.png" title="ok" width="20" height="20"></p>`,
  ],
  [
    "an emoji of the realm has one size",
    '<img width="900" class="emoji" src="https://x.example/1.png" height=900>',
    '<img src="https://x.example/1.png" width="20" height="20">',
  ],
  [
    "a picture within a preview's link is left out",
    `<p>a</p><div class="message_inline_image"><a href="/1">${SMILE}</a></div>`,
    "<p>a</p>",
  ],
];

for (const [what, html, mail] of PICTURES) {
  Deno.test(`in a mail, ${what}`, () => {
    assert.deepEqual(mailHtml(html, READER), { html: mail, warnings: [] });
  });
}

Deno.test("in a mail, emojis are those of the user's set, at the address of static files", () => {
  const reader = { ...READER, emojiset: "twitter", staticUrl: "https://cdn.example/s/" };
  assert.match(
    mailHtml(SMILE, reader).html,
    / src="https:\/\/cdn\.example\/s\/generated\/emoji\/images-twitter-64\/1f604\.png" /,
  );
});

Deno.test("in a mail, emojis stay text for a user who wants them so", () => {
  assert.equal(mailHtml(SMILE, { ...READER, emojiset: "text" }).html, SMILE);
});
