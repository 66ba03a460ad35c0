import assert from "node:assert/strict";
import { isMeMessage, renderMessage } from "../../../../lib/domain/messages/send/markdown.ts";
import type { Names } from "../../../../lib/domain/messages/send/mentions.ts";

const ADA = { id: 7, name: "Ada Lovelace" };
const NAMES: Names = {
  users: new Map([["ada lovelace", ADA], ["|7", ADA], ["|8", { id: 8, name: "A <b>" }]]),
  groups: new Map([["backend", { id: 30, name: "backend" }]]),
  channels: new Map([["the kitchen", { id: 5, name: "the kitchen" }]]),
};

const ROWS: readonly [content: string, html: string][] = [
  ["rain", "<p>rain</p>"],
  ["one\ntwo", "<p>one<br>\ntwo</p>"],
  [
    "**all** _day_ `x<y` ~~not~~",
    "<p><strong>all</strong> <em>day</em> <code>x&lt;y</code> <del>not</del></p>",
  ],
  ["<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"],
  ["[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"],
  ["[x](https://a.example)", '<p><a href="https://a.example">x</a></p>'],
  [
    "https://a.example/?a=1&b=2",
    '<p><a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a></p>',
  ],
  ["> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"],
  [
    "```js\nlet a = '<';\n```",
    `<div class="codehilite" data-code-language="js"><pre><span></span><code>let a = '&lt;';\n</code></pre></div>`,
  ],
  [
    "@**Ada Lovelace**!",
    '<p><span class="user-mention" data-user-id="7">@Ada Lovelace</span>!</p>',
  ],
  [
    "@**ada lovelace|7**",
    '<p><span class="user-mention" data-user-id="7">@Ada Lovelace</span></p>',
  ],
  [
    "@_**Ada Lovelace**",
    '<p><span class="user-mention silent" data-user-id="7">Ada Lovelace</span></p>',
  ],
  ["@**|8**", '<p><span class="user-mention" data-user-id="8">@A &lt;b&gt;</span></p>'],
  ["@**Nobody**", "<p>@<strong>Nobody</strong></p>"],
  ["mail@**Ada Lovelace**", "<p>mail@<strong>Ada Lovelace</strong></p>"],
  ["`@**Ada Lovelace**`", "<p><code>@**Ada Lovelace**</code></p>"],
  ["@*backend*", '<p><span class="user-group-mention" data-user-group-id="30">@backend</span></p>'],
  [
    "@**all**",
    '<p><span class="user-mention channel-wildcard-mention" data-user-id="*">@all</span></p>',
  ],
  ["@**topic**", '<p><span class="topic-mention">@topic</span></p>'],
  [
    "#**the kitchen**",
    '<p><a class="stream" data-stream-id="5" href="/#narrow/channel/5-the-kitchen">#the kitchen</a></p>',
  ],
  [
    "#**the kitchen>a & b**",
    '<p><a class="stream-topic" data-stream-id="5" href="/#narrow/channel/5-the-kitchen/topic/a.20.26.20b">#the kitchen &gt; a &amp; b</a></p>',
  ],
  [
    ":smile: :constructor: :nope:",
    '<p><span aria-label="smile" class="emoji emoji-1f604" role="img" title="smile">:smile:</span> :constructor: :nope:</p>',
  ],
  ["![x](https://a.example/p.png)", '<p>!<a href="https://a.example/p.png">x</a></p>'],
];

Deno.test("Markdown becomes HTML like Zulip's, and no HTML passes", () => {
  for (const [content, html] of ROWS) assert.equal(renderMessage(content, NAMES).html, html);
});

Deno.test("it is known whom a message mentions; silent mentions and those in code are none", () => {
  const all = renderMessage("@**Ada Lovelace** @*backend* @**channel** @**topic**", NAMES);
  assert.deepEqual(all.mentions, { users: new Set([7]), channel: true, topic: true });
  assert.deepEqual(all.groups, new Set([30]));
  const none = renderMessage("@_**Ada Lovelace** `@**all**` @_*backend* @_**all**", NAMES);
  assert.deepEqual(none.mentions, { users: new Set(), channel: false, topic: false });
  assert.deepEqual(none.groups, new Set());
});

const LINKS: readonly [content: string, hasLink: boolean][] = [
  ["https://a.example", true],
  ["[x](https://a.example)", true],
  ["#**the kitchen**", false],
  ["rain", false],
];

Deno.test("it is known whether a message has links, and whether it says what its sender does", () => {
  for (const [content, hasLink] of LINKS) {
    assert.equal(renderMessage(content, NAMES).hasLink, hasLink, content);
  }
  const isMe = (content: string) => isMeMessage(content, renderMessage(content, NAMES).html);
  assert.deepEqual(["/me rains", "/mean", "/me\n* a", "me"].map(isMe), [true, false, false, false]);
});
