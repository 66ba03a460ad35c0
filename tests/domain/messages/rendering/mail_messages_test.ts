import assert from "node:assert/strict";
import {
  conversationHeader,
  type MailMessage,
  mailMessages,
  type MailPlace,
} from "../../../../lib/domain/messages/rendering/mail_messages.ts";
import { MailTemplates } from "../../../../lib/domain/mail/templates/mail_templates.ts";
import { READER } from "./reader.ts";

const CHANNEL: MailPlace = { kind: "channel" };
const DIRECT: MailPlace = { kind: "direct", people: 2 };
const ADA = { senderId: 9, senderName: "Ada" };
const BO = { senderId: 10, senderName: "Bo <QA>" };

/** A message that is sent `id` seconds after the first could be. */
function message(id: number, text: string, more: Partial<MailMessage> = {}): MailMessage {
  const sentAt = new Date(1_772_730_249_000 + id * 1000);
  return { id, ...ADA, content: text, renderedContent: `<p>${text}</p>`, sentAt, ...more };
}

function sendersOf(messages: readonly MailMessage[], place = CHANNEL): unknown {
  return mailMessages(messages, place, READER).conversation.senders;
}

Deno.test("messages of one sender that follow each other are a block with one name", () => {
  assert.deepEqual(
    sendersOf([message(1, "a"), message(2, "b"), message(3, "c", BO), message(4, "d")]),
    [
      {
        sender: "Ada",
        content: [
          { plain: "Ada:\n> a", html: "<p><b>Ada</b>: a</p>" },
          { plain: "> b", html: "<p>b</p>" },
        ],
      },
      {
        sender: "Bo <QA>",
        content: [{ plain: "Bo <QA>:\n> c", html: "<p><b>Bo &lt;QA&gt;</b>: c</p>" }],
      },
      { sender: "Ada", content: [{ plain: "Ada:\n> d", html: "<p><b>Ada</b>: d</p>" }] },
    ],
  );
});

Deno.test("messages of a mail are in the order in which they were sent", () => {
  const late = message(1, "late", { sentAt: new Date(1_800_000_000_000) });
  const twin = (id: number) => message(id, `${id}`, { sentAt: new Date(1_700_000_000_000) });
  const plain = mailMessages([late, twin(7), twin(6)], CHANNEL, READER)
    .conversation.senders.flatMap(({ content }) => content.map((one) => one.plain));
  assert.deepEqual(plain, ["Ada:\n> 6", "> 7", "> late"]);
});

Deno.test("two senders of one name are two blocks", () => {
  const blocks = sendersOf([message(1, "a"), message(2, "b", { senderId: 11 })]);
  assert.equal((blocks as unknown[]).length, 2);
});

Deno.test("a message that cannot be shown keeps its reader from no other", () => {
  const bad = Object.defineProperty(message(2, "b"), "renderedContent", {
    get() {
      throw new Error("no");
    },
  });
  const { conversation, warnings } = mailMessages([message(1, "a"), bad], CHANNEL, READER);
  assert.deepEqual(conversation.senders[0]?.content, [
    { plain: "Ada:\n> a", html: "<p><b>Ada</b>: a</p>" },
    { plain: "> (This message cannot be shown)", html: "<p>(This message cannot be shown)</p>" },
  ]);
  assert.deepEqual(warnings, ["message 2: it cannot be shown: no"]);
});

const PLACES: readonly [place: MailPlace, sender: string][] = [
  [CHANNEL, "Ada"],
  [{ kind: "direct", people: 1 }, ""],
  [{ kind: "direct", people: 2 }, ""],
  [{ kind: "direct", people: 3 }, "Ada"],
  [{ kind: "direct", people: 7 }, "Ada"],
];

for (const [place, sender] of PLACES) {
  Deno.test(`the sender of a message is "${sender}" in ${JSON.stringify(place)}`, () => {
    const named = { plain: "Ada:\n> a", html: "<p><b>Ada</b>: a</p>" };
    const content = sender ? [named] : [{ plain: "> a", html: "<p>a</p>" }];
    assert.deepEqual(sendersOf([message(1, "a")], place), [{ sender, content }]);
  });
}

const STARTS: readonly [rendered: string | null, html: string][] = [
  ["<p>a</p>", "<p><b>Ada</b>: a</p>"],
  ["\n<p dir=auto>a</p>", "\n<p dir=auto><b>Ada</b>: a</p>"],
  ["<ul>\n<li><p>a</p></li></ul>", "<p><b>Ada</b>:</p>\n<ul>\n<li><p>a</p></li></ul>"],
  ["<!-- <p> --><h1>a</h1><p>b</p>", "<p><b>Ada</b>:</p>\n<!-- <p> --><h1>a</h1><p>b</p>"],
  ["a<p>b</p>", "<p><b>Ada</b>:</p>\na<p>b</p>"],
  ["", "<p><b>Ada</b>:</p>\n"],
  [
    '<div class="message_inline_image"><a href="/1" title="a.png"></a></div>',
    '<p><b>Ada</b>: <a href="https://acme.example.com/1">a.png</a></p>',
  ],
  [null, "<p><b>Ada</b>: 1 &lt; 2<br>\n&amp;</p>"],
];

for (const [rendered, html] of STARTS) {
  Deno.test(`the name of a sender stands at the start of a message: ${rendered}`, () => {
    const senders = sendersOf([message(1, "1 < 2\n&", { renderedContent: rendered })]);
    assert.equal((senders as { content: { html: string }[] }[])[0]?.content[0]?.html, html);
  });
}

Deno.test("a warning names the message whose time cannot be read", () => {
  const wrong = message(7, "x", { renderedContent: '<p><time datetime="soon">x</time></p>' });
  const { warnings } = mailMessages([message(6, "x"), wrong], CHANNEL, READER);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^message 7: a time stays as the message has it: "soon" is no/);
});

Deno.test("no messages are no blocks", () => {
  assert.deepEqual(mailMessages([], CHANNEL, READER), {
    conversation: { senders: [] },
    warnings: [],
  });
});

Deno.test("the heading of a conversation leads to the channel and to the topic", () => {
  const channel = { name: "R&D", url: "https://acme.example.com/#narrow/channel/7-R.26D" };
  const topic = { name: "<x>", url: `${channel.url}/topic/.3Cx.3E` };
  assert.deepEqual(conversationHeader(channel, topic), {
    plain: "#R&D > <x>",
    html: `<a href="${channel.url}">#R&amp;D</a> &gt; <a href="${topic.url}">&lt;x&gt;</a>`,
  });
});

Deno.test("the templates of mails print messages as they were put together", () => {
  const templates = new MailTemplates();
  const { conversation } = mailMessages(
    [message(1, "run 12"), message(2, "ok", BO)],
    CHANNEL,
    READER,
  );
  const missed = { ...templates.sample("missed_message"), messages: [conversation] };
  const { text, html } = templates.render("missed_message", "en", missed);
  assert.match(text, /^Ada:\n> run 12\n\nBo <QA>:\n> ok$/m);
  assert.match(html, /<p><b>Ada<\/b>: run 12<\/p>[^]*<p><b>Bo &lt;QA&gt;<\/b>: ok<\/p>/);
  const header = conversationHeader({ name: "a", url: "https://a" }, {
    name: "b",
    url: "https://b",
  });
  const first = {
    first_few_messages: { ...conversation, header },
    participants: ["Ada"],
    count: 0,
  };
  const digest = { ...templates.sample("digest"), hot_conversations: [first] };
  const week = templates.render("digest", "en", digest);
  assert.match(week.text, /^#a > b\n\nAda:\n> run 12$/m);
  assert.match(week.html, /<a href="https:\/\/a">#a<\/a> &gt; <a href="https:\/\/b">b<\/a>/);
});

Deno.test("a message that the server has not rendered shows no spoiler", () => {
  const content = "Guess:\n```spoiler The end\nThe <gardener>\n```";
  const [block] = mailMessages([message(1, content, { renderedContent: null })], DIRECT, READER)
    .conversation.senders;
  assert.deepEqual(block?.content, [{
    plain: `> Guess:\n> \`\`\`spoiler The end\n> (${READER.spoilerText})\n> \`\`\``,
    html: `<p>Guess:<br>\n\`\`\`spoiler The end<br>\n(${READER.spoilerText})<br>\n\`\`\`</p>`,
  }]);
});

Deno.test("a spoiler that only the HTML tells of is not in the text part", () => {
  // The realm's `default_code_block_language` is `quote`.
  const content = "````\n```spoiler The end\nThe gardener\n```\n````";
  const renderedContent = '<blockquote><div class="spoiler-block"><div class="spoiler-header">' +
    '<p>The end</p></div><div class="spoiler-content"><p>The gardener</p></div></div></blockquote>';
  const [block] = mailMessages([message(1, content, { renderedContent })], DIRECT, READER)
    .conversation.senders;
  const [piece = { plain: "", html: "" }] = block?.content ?? [];
  assert.equal(piece.plain, `> (${READER.unshownText})`);
  assert.match(piece.html, /The end/);
  assert.doesNotMatch(piece.html, /gardener/);
});

Deno.test("a spoiler in a spoiler is not missed in the text part", () => {
  const content = "````spoiler a\n```spoiler b\nx\n```\n````";
  const renderedContent = '<div class="spoiler-block"><div class="spoiler-content">' +
    '<div class="spoiler-block"></div></div></div>';
  const [block] = mailMessages([message(1, content, { renderedContent })], DIRECT, READER)
    .conversation.senders;
  assert.match(block?.content[0]?.plain ?? "", /spoiler a/);
});

Deno.test("a mail has no more messages than mail servers take", () => {
  const large = (id: number) => message(id, `${id}`, { renderedContent: "x".repeat(900_000) });
  const { conversation, warnings } = mailMessages(
    [large(1), large(2), large(3), message(4, "4"), large(5)],
    DIRECT,
    READER,
  );
  const plain = conversation.senders.flatMap(({ content }) => content.map((one) => one.plain));
  const unshown = `> (${READER.unshownText})`;
  assert.deepEqual(plain, ["> 1", "> 2", unshown, "> 4", unshown]);
  assert(JSON.stringify(conversation).length < 2_001_000);
  assert.deepEqual(warnings, ["2 messages left out, as the mail would be too large with more"]);
});
