import assert from "node:assert/strict";
import PostalMime, { type Email } from "postal-mime";
import { composeMail, type Mail, type MailParts } from "../../../lib/domain/mail/compose.ts";
import { letterWriter } from "../../../lib/domain/mail/letter.ts";
import { aMail, PARTS } from "./mails.ts";

const write = letterWriter();

/** The mail as its reader's program sees it, and a header as it is written. */
async function read(mail: Mail): Promise<Email & { header(name: string): string | undefined }> {
  const email = await PostalMime.parse((await write(mail)).message);
  const header = (name: string) => email.headers.find(({ key }) => key === name)?.value;
  return Object.assign(email, { header });
}

Deno.test("A mail has the headers that Zulip's mails have", async () => {
  const email = await read(aMail({ language: "pt_BR" }));
  assert.equal(email.header("x-auto-response-suppress"), "All");
  assert.equal(email.header("date"), "Sun, 29 Nov 2026 22:30:00 +0100");
  assert.equal(email.header("list-id"), "Analytical Engines <engines.zulip.example>");
  assert.equal(email.header("content-language"), "pt-BR");
  assert.deepEqual(email.from, { name: "Zulip", address: "noreply@zulip.example" });
  assert.deepEqual(email.to, [{ name: "Ada Lovelace", address: "ada@people.example" }]);
  assert.equal(email.subject, "One new message");
  assert.equal(email.text?.trim(), PARTS.text.trim());
  assert.equal(email.html?.trim(), PARTS.html.trim());
  for (const absent of ["auto-submitted", "list-unsubscribe", "list-unsubscribe-post", "sender"]) {
    assert.equal(email.header(absent), undefined, absent);
  }
});

Deno.test("What bounces goes to no-reply, whoever the mail is from", async () => {
  const mail = aMail({ from: { name: "Support", address: "support@zulip.example" } });
  const { envelope } = await write(mail);
  assert.equal(envelope.from, "noreply@zulip.example");
  assert.deepEqual(envelope.to, ["ada@people.example"]);
});

Deno.test("Answers go where the event says, else to no-reply for mails from exactly there", async () => {
  const from = (address: string) => ({ name: "Zulip", address });
  const cases: [Partial<MailParts>, Email["replyTo"]][] = [
    [{ replyTo: "Zulip <mm1@zulip.example>" }, [{ name: "Zulip", address: "mm1@zulip.example" }]],
    [{}, [{ name: "", address: "noreply@zulip.example" }]],
    [{ from: from("noreply@ZULIP.example") }, [{ name: "", address: "noreply@zulip.example" }]],
    [{ from: from("noreply-t0k3n@zulip.example") }, undefined],
    [{ from: from("support@zulip.example"), replyTo: null }, undefined],
  ];
  for (const [parts, expected] of cases) {
    assert.deepEqual((await read(aMail(parts))).replyTo, expected);
  }
});

Deno.test("A mail that can be unsubscribed says how, with one click where that works", async () => {
  const link = "https://zulip.example/unsubscribe/missed_messages/c0de";
  const oneClick = await read(aMail({ unsubscribe: { link, isOneClick: true } }));
  assert.equal(oneClick.header("list-unsubscribe"), `<${link}>`);
  assert.equal(oneClick.header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
  const page = await read(aMail({ unsubscribe: { link, isOneClick: false } }));
  assert.equal(page.header("list-unsubscribe"), `<${link}>`);
  assert.equal(page.header("list-unsubscribe-post"), undefined);
});

Deno.test("A link that unsubscribes is a web address without anything after it", () => {
  const link = "https://zulip.example/x>\r\nBcc: <eve@evil.example";
  const header = aMail({ unsubscribe: { link, isOneClick: true } }).headers["List-Unsubscribe"];
  assert.doesNotMatch(header ?? "", /[\r\n]|>./);
  for (const wrong of ["", "javascript:alert(1)", "/unsubscribe"]) {
    assert.throws(() => aMail({ unsubscribe: { link: wrong, isOneClick: false } }), {
      name: "MailError",
      message: "The link that unsubscribes is not valid: it must begin with https://",
    });
  }
});

Deno.test("List-Id names the organization by its name and host, and is absent without one", async () => {
  const listId = async (realm: MailParts["realm"]) => (await write(aMail({ realm }))).message;
  const raw = new TextDecoder().decode(
    await listId({ name: 'Größe, "X"\r\nBcc: eve', host: "g.zulip.example:9991" }),
  );
  assert.match(
    raw,
    /^List-ID: =\?UTF-8\?Q\?Gr=C3=B6=C3=9Fe=2C_=22X=22Bcc=3A_eve\?=\r?\n? <g\.zulip\.example>\r$/m,
  );
  const nameless = new TextDecoder().decode(await listId({ name: "", host: "g.zulip.example" }));
  assert.match(nameless, /^List-ID: <g\.zulip\.example>\r$/m);
  assert.equal("List-Id" in aMail({ realm: undefined }).headers, false);
});

Deno.test("Mails of one event have one Message-ID, which is not the event's id", () => {
  const id = aMail({ id: "missed:4711" }).messageId;
  assert.match(id ?? "", /^<[0-9a-f]{32}@zulip\.example>$/);
  assert.equal(aMail({ id: "missed:4711", subject: "Another" }).messageId, id);
  assert.notEqual(aMail({ id: "missed:4712" }).messageId, id);
  assert.equal(aMail().messageId, undefined);
});

Deno.test("A subject is one line", async () => {
  const subject = "  Neu:\r\nBcc: eve@evil.example\u2028größer\0 ";
  const email = await read(aMail({ subject }));
  assert.equal(email.subject, "Neu:Bcc: eve@evil.examplegrößer");
  assert.equal(email.bcc, undefined);
});

Deno.test("All recipients stand in To, each once", async () => {
  const to = [
    { name: "Ada", address: "ada@people.example" },
    { name: "Again", address: "ada@PEOPLE.example" },
    { name: "名".repeat(99), address: "eve@people.example" },
  ];
  const mail = aMail({ to });
  assert.deepEqual(mail.recipients, ["ada@people.example", "eve@people.example"]);
  assert.deepEqual((await read(mail)).to, [
    { name: "Ada", address: "ada@people.example" },
    { name: "", address: "eve@people.example" },
  ]);
});

Deno.test("A mail that is sent again goes to some recipients, and shows all", async () => {
  const to = ["ada@people.example", "eve@people.example"];
  const mail = aMail({ to: to.map((address) => ({ name: "", address })) });
  const { envelope, message } = await write({ ...mail, recipients: ["eve@people.example"] });
  assert.deepEqual(envelope.to, ["eve@people.example"]);
  assert.match(
    new TextDecoder().decode(message),
    /^To: ada@people\.example, eve@people\.example\r$/m,
  );
});

Deno.test("A mail without a recipient or with a wrong part is refused by the part's name", () => {
  const wrong: [Partial<MailParts>, RegExp][] = [
    [{ to: [] }, /^The mail has no recipient$/],
    [{ to: [PARTS.from, { name: "", address: "" }] }, /^The address of recipient 2 .* empty$/],
    [{ from: { name: "A\nB", address: "a@b.example" } }, /^The name of the sender /],
    [{ noReply: "noreply" }, /^The address of NOREPLY_EMAIL_ADDRESS /],
    [{ replyTo: "Zulip <>" }, /^The address of reply_to_email /],
    [{ date: "yesterday" }, /^The date of the mail /],
  ];
  for (const [parts, message] of wrong) {
    assert.throws(() => composeMail({ ...PARTS, ...parts }), { name: "MailError", message });
  }
});

Deno.test("A language that is no language is left out", () => {
  for (const language of [null, "", "*", "x y", "de\r\nBcc: eve"]) {
    assert.equal("Content-Language" in aMail({ language }).headers, false);
  }
});
