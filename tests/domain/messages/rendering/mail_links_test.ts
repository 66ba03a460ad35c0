import assert from "node:assert/strict";
import { mailHtml } from "../../../../lib/domain/messages/rendering/mail_html.ts";
import { READER } from "./reader.ts";

const REALM = "https://acme.example.com";

const LINKS: readonly [what: string, html: string, mail: string][] = [
  [
    "a channel",
    '<a class="stream" data-stream-id="7" href="/#narrow/channel/7-assembly">#assembly</a>',
    `<a class="stream" data-stream-id="7" href="${REALM}/#narrow/channel/7-assembly">#assembly</a>`,
  ],
  [
    "a conversation without a slash",
    '<a href="#narrow/channel/7-assembly/topic/a.20b">a b</a>',
    `<a href="${REALM}/#narrow/channel/7-assembly/topic/a.20b">a b</a>`,
  ],
  [
    "a conversation with a title",
    '<a href="#narrow/dm/9" title="#narrow/dm/9">DM</a>',
    `<a href="${REALM}/#narrow/dm/9" title="${REALM}/#narrow/dm/9">DM</a>`,
  ],
  [
    "a title before its conversation",
    '<a title=old href="/#narrow/dm/9">DM</a>',
    `<a title="${REALM}/#narrow/dm/9" href="${REALM}/#narrow/dm/9">DM</a>`,
  ],
  ["a title of a file", '<a href="/x" title="y">x</a>', `<a href="${REALM}/x" title="y">x</a>`],
  [
    "a file of a user",
    '<a href="/user_uploads/2/ab/grün.png">grün.png</a>',
    `<a href="${REALM}/user_uploads/2/ab/grün.png">grün.png</a>`,
  ],
  ["a path without a slash", '<a href="help/x">x</a>', `<a href="${REALM}/help/x">x</a>`],
  ["a query", '<a href="?a=1&amp;b=2">x</a>', `<a href="${REALM}/?a=1&amp;b=2">x</a>`],
  ["a place on the page", '<a href="#top">x</a>', `<a href="${REALM}/#top">x</a>`],
  [
    "another host's path",
    '<a href="//cdn.example/x">x</a>',
    '<a href="https://cdn.example/x">x</a>',
  ],
  ["no quotes", "<a href=/x>x</a>", `<a href="${REALM}/x">x</a>`],
  ["single quotes", "<a href='/x\"y'>x</a>", `<a href="${REALM}/x&quot;y">x</a>`],
  ["blanks around the sign", '<a href = "/x" >x</a>', `<a href="${REALM}/x" >x</a>`],
  ["a name in capitals", '<A HREF="/x">x</A>', `<A HREF="${REALM}/x">x</A>`],
  ["the first of two", '<a href="/x" href="/y">x</a>', `<a href="${REALM}/x" href="/y">x</a>`],
  ["an entity", '<a href="&#47;x">x</a>', `<a href="${REALM}/x">x</a>`],
  ["a picture", '<img src="/avatar/9" alt="">', `<img src="${REALM}/avatar/9" alt="">`],
  ["a closed picture", '<img src="/avatar/9" />', `<img src="${REALM}/avatar/9" />`],
  [
    "a sound",
    '<audio controls="" preload="metadata" src="/user_uploads/2/a.mp3" title="a.mp3"></audio>',
    `<audio controls="" preload="metadata" src="${REALM}/user_uploads/2/a.mp3" title="a.mp3"></audio>`,
  ],
  [
    "a picture of a website",
    `<a class="message_embed_image" href="https://x.example" style='background-image: url("/external_content/1/2")'></a>`,
    `<a class="message_embed_image" href="https://x.example" style="background-image: url(&quot;${REALM}/external_content/1/2&quot;)"></a>`,
  ],
  ["a backslash", "<a href='\\x'>x</a>", `<a href="${REALM}/\\x">x</a>`],
  [
    "a scheme cut in two",
    '<a href="java\nscript:x">x</a>',
    `<a href="${REALM}/java\nscript:x">x</a>`,
  ],
];

/** Links that work anywhere, or that are none. */
const UNCHANGED: readonly string[] = [
  '<a href="https://x.example/#narrow/channel/7">x</a>',
  "<a href='HTTP://x.example'>x</a>",
  '<a href="mailto:ada@x.example">x</a>',
  '<a href="zulip://x">x</a>',
  '<a href="">x</a>',
  "<a href>x</a>",
  '<a data-href="/x" title="/x">x</a>',
  "<p>See /user_uploads/1/x and #narrow/dm/9</p>",
  '<!-- <a href="/x"> --><p>x</p>',
  "<p title='<a href=\"/x\">'>x</p>",
  '<p><a href="/x',
  "<p style='width: url(x)'>x</p>",
  "<p style=\"background: url('https://x.example/y')\">x</p>",
];

for (const [what, html, mail] of LINKS) {
  Deno.test(`in a mail, a link works outside of Zulip: ${what}`, () => {
    assert.equal(mailHtml(html, READER).html, mail);
  });
}

for (const html of UNCHANGED) {
  Deno.test(`in a mail, this has no link to change: ${html}`, () => {
    assert.equal(mailHtml(html, READER).html, html);
  });
}

Deno.test("in a mail, a realm's address may end with a slash, and its scheme is kept", () => {
  const reader = { ...READER, realmUrl: "http://localhost:9991/" };
  assert.equal(
    mailHtml('<a href="/x">x</a><a href="#y">y</a><a href="//z">z</a>', reader).html,
    '<a href="http://localhost:9991/x">x</a><a href="http://localhost:9991/#y">y</a>' +
      '<a href="http://z">z</a>',
  );
});
