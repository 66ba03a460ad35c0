import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import type { MirrorOptions } from "../../../lib/domain/mirror/address.ts";
import { type BodyOptions, mailMessages } from "../../../lib/domain/mirror/body.ts";
import { htmlToMarkdown } from "../../../lib/domain/mirror/html_to_markdown.ts";
import { MailSyntaxError, readMail } from "../../../lib/domain/mirror/incoming_mail.ts";
import { NoMessage } from "../../../lib/domain/mirror/no_message.ts";
import { html, mime, type MimePart, plain } from "../../fixtures/mirror/mime.ts";

const NONE: MirrorOptions = {
  showSender: false,
  includeFooter: false,
  includeQuotes: false,
  prefersHtml: false,
};
const ALTERNATIVE = { "Content-Type": "multipart/alternative" };
const QUOTING = "Yes.\n\nOn 30/11/2026 10:12, Ada wrote:\n> Lunch?\n\n--\nBen";

/** The messages of a mail. */
async function messages(
  bytes: Uint8Array,
  options: Partial<BodyOptions> = {},
  links: readonly string[] = [],
): Promise<readonly string[]> {
  return mailMessages(await readMail(bytes), { ...NONE, ...options }, links);
}

const encoded = (type: string, bytes: string): MimePart => {
  return { type, body: Buffer.from(bytes, "latin1") };
};

const BODIES: readonly (readonly [string, Uint8Array, Partial<BodyOptions>, string])[] = [
  ["plain", mime({}, plain("Hello\n")), {}, "Hello\n"],
  ["HTML only", mime({}, html("<p>Hello <b>you</b></p>")), {}, "Hello **you**\n"],
  ["both: plain", mime(ALTERNATIVE, plain("Hello"), html("<p>Hi</p>")), {}, "Hello\n"],
  [
    "both, prefer-html",
    mime(ALTERNATIVE, plain("Hello"), html("<p>Hi</p>")),
    { prefersHtml: true },
    "Hi\n",
  ],
  ["prefer-html and no HTML", mime({}, plain("Hello")), { prefersHtml: true }, "Hello\n"],
  ["an empty plain part", mime(ALTERNATIVE, plain(""), html("<p>Hi</p>")), {}, "Hi\n"],
  ["a blank plain part", mime(ALTERNATIVE, plain(" \n"), html("<p>Hi</p>")), {}, "Hi\n"],
  [
    "a blank HTML part, prefer-html",
    mime(ALTERNATIVE, plain("Hello"), html("<p> </p>")),
    { prefersHtml: true },
    "Hello\n",
  ],
  [
    "mentions of a channel",
    mime({}, plain("@**all** @**Ada** @**topic**")),
    { subject: "@**channel**", isQuiet: true },
    "**Subject:** @_**channel**\n\n@_**all** @**Ada** @_**topic**\n",
  ],
  ["latin-1", mime({}, encoded("text/plain; charset=iso-8859-1", "Gr\xfc\xdfe")), {}, "Grüße\n"],
  ["windows-1251", mime({}, encoded("text/plain; charset=windows-1251", "\xce\xe1")), {}, "Об\n"],
  [
    "ISO-2022-JP",
    mime({}, encoded("text/plain; charset=iso-2022-jp", "\x1b$B$3$s\x1b(B")),
    {},
    "こん\n",
  ],
  ["an unknown charset", mime({}, encoded("text/plain; charset=nonsense", "Hello")), {}, "Hello\n"],
  ["NUL characters", mime({}, plain("He\0llo")), {}, "Hello\n"],
  ["blanks only", mime({}, plain(" \n\n")), {}, "(No email body)"],
  ["a footer only", mime({}, plain("--\nBen")), {}, "(No email body)"],
  ["quotes and footer", mime({}, plain(QUOTING)), {}, "Yes.\n"],
  [
    "include-quotes",
    mime({}, plain(QUOTING)),
    { includeQuotes: true },
    QUOTING.slice(0, -8) + "\n",
  ],
  ["include-footer", mime({}, plain(QUOTING)), { includeFooter: true }, "Yes.\n\n\n--\nBen\n"],
  [
    "show-sender",
    mime({ From: "=?utf-8?Q?C=C3=A9cile?= <c@elsewhere.example>" }, plain("Hello")),
    { showSender: true },
    "**From:** Cécile <c@elsewhere.example>\n\nHello\n",
  ],
  [
    "the subject in the message",
    mime({}, plain("Hello")),
    { subject: "Lunch", showSender: true },
    "**From:** Cara Doe <cara@elsewhere.example>\n**Subject:** Lunch\n\nHello\n",
  ],
  ["without headers of MIME", Buffer.from("From: a@b.c\r\n\r\nHello\r\n"), {}, "Hello\n"],
  ["bare line feeds", Buffer.from("From: a@b.c\nSubject: x\n\nHello\nyou\n"), {}, "Hello\nyou\n"],
  [
    "flowed lines",
    mime({}, { type: "text/plain; charset=utf-8; format=flowed", body: "Hello \r\nyou\r\n" }),
    {},
    "Hello you\n",
  ],
];

for (const [what, bytes, options, expected] of BODIES) {
  Deno.test(`the message of a mail: ${what}`, async () => {
    assert.deepEqual(await messages(bytes, options), [expected]);
  });
}

Deno.test("a mail without text is no message", async () => {
  const picture = { type: "image/png", body: "x", name: "a.png" };
  await assert.rejects(
    messages(mime({}, picture)),
    new NoMessage("info", "Unable to find plaintext or HTML message body"),
  );
  await assert.rejects(
    messages(mime({}, plain(""))),
    new NoMessage("info", "Email has no nonempty body sections; ignoring."),
  );
});

Deno.test("a message is cut so that it has room for its links", async () => {
  const [cut, ...others] = await messages(mime({}, plain("ä".repeat(20_000))), {}, ["[a](b)"]);
  assert(cut !== undefined && others.length === 0);
  assert.equal(Array.from(cut).length, 10_000);
  assert.match(cut, /^ä+\n\[message truncated\]\n\[a\]\(b\)$/);
});

Deno.test("a message without mentions of its channel is as long, and keeps its links", async () => {
  const mail = mime({}, plain("@**all** ".repeat(2000)));
  const [message = ""] = await messages(mail, { isQuiet: true }, ["[a](b)"]);
  assert.equal(message.length, 10_000);
  assert.match(message, /^(?:@_\*\*all\*\* )+.{0,9}\n\[message truncated\]\n\[a\]\(b\)$/);
});

Deno.test("a line of HTML takes no more text than a message can show", () => {
  const link = '<a href="https://example.com/">a</a> ';
  const line = htmlToMarkdown(link.repeat(5000));
  assert(line.length > 20_000 && line.length < 20_100, `${line.length}`);
  const lines = htmlToMarkdown(`${link.repeat(5000)}<br>${link}<pre>${"b".repeat(30_000)}<i>b</i>`);
  assert.match(lines, /\n\[a\]\(https:\/\/example\.com\/\)\n\n```\nb{30000}\n```$/);
});

Deno.test("links that have no room are in further messages", async () => {
  const links = Array.from({ length: 100 }, (_, at) => `[${"n".repeat(150)}](${at})`);
  const all = await messages(mime({}, plain("Hello")), {}, links);
  assert.equal(all.length, 2);
  assert.equal(all.join("\n").match(/\]\(\d+\)/g)?.length, 100);
  assert(all.every((message) => message.length <= 10_000));
});

Deno.test("files are the parts with a name, and mails in the mail", async () => {
  const forwarded = Buffer.from("Subject: inner\r\n\r\nInner");
  const mail = await readMail(mime(
    {},
    plain("Hello"),
    { type: "image/png", body: "x", name: "Ä b.png" },
    { type: "application/octet-stream", body: "no name" },
    { type: "message/rfc822", body: forwarded },
  ));
  assert.deepEqual(mail.files.map(({ name, contentType }) => [name, contentType]), [
    ["Ä b.png", "image/png"],
    ["forwarded-mail.eml", "message/rfc822"],
  ]);
  assert.equal(Buffer.from(mail.files[1]?.bytes ?? []).toString(), forwarded.toString());
  assert.equal(mail.text, "Hello");
});

Deno.test("a mail that is nested too deep cannot be read, and the message says why", async () => {
  const open = Array.from(
    { length: 300 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  );
  await assert.rejects(
    readMail(Buffer.from(open.join(""))),
    (error) => error instanceof MailSyntaxError && /^The mail cannot be read: /.test(error.message),
  );
});
