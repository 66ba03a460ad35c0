import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressKey,
  checkMailbox,
  parseMailbox,
  senderAddress,
  shortened,
  writeMailbox,
} from "../../../lib/domain/mail/address.ts";
import { MailError } from "../../../lib/domain/mail/mail_error.ts";

const ADDRESSES = {
  noReply: "noreply@zulip.example",
  tokenizedNoReply: "noreply-{token}@zulip.example",
  support: "support@zulip.example",
};

Deno.test("An address is accepted with its domain in small ASCII letters", () => {
  const written: [string, string][] = [
    ["ada@people.example", "ada@people.example"],
    ["Ada.L+zulip@People.EXAMPLE", "Ada.L+zulip@people.example"],
    ["a..b@docomo.example", "a..b@docomo.example"],
    ["root@localhost", "root@localhost"],
    ["ada@bücher.example", "ada@xn--bcher-kva.example"],
    ["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"],
    ["jürgen@bücher.example", "jürgen@bücher.example"],
    ["jürgen@xn--bcher-kva.example", "jürgen@bücher.example"],
    [`${"a".repeat(64)}@b.example`, `${"a".repeat(64)}@b.example`],
  ];
  for (const [address, expected] of written) {
    assert.equal(checkMailbox({ name: "", address }, "it").address, expected);
  }
});

Deno.test("An address that could be read as another one is refused with the reason", () => {
  const refused: [string, string][] = [
    ["", "it is empty"],
    ["ada", "it has no @ and must have exactly one"],
    ["ada@people.example@evil.example", "it has 2 @ and must have exactly one"],
    ['"ada@people.example"@evil.example', "it has 2 @ and must have exactly one"],
    ["@people.example", "it has nothing before the @"],
    ["ada@", "after the @ is no domain"],
    ["ada@people.example\r\nRCPT TO:<evil@example>", "it has the control character U+000D"],
    ["ada\0@people.example", "it has the control character U+0000"],
    ["ada@people.example>", "after the @ is no domain"],
    ["<ada@people.example", "it has U+003C before the @"],
    ["ada,eve@people.example", "it has U+002C before the @"],
    ["ada eve@people.example", "it has U+0020 before the @"],
    ["ada\u200b@people.example", "it has U+200B before the @"],
    ["ada@people.example,evil.example", "after the @ is no domain"],
    ["ada@people..example", "after the @ is no domain"],
    ["ada@-people.example", "after the @ is no domain"],
    ["ada@[127.0.0.1]", "after the @ is no domain"],
    ["ada@127.1", "after the @ is no domain"],
    [`ada@${"a".repeat(64)}.example`, "after the @ is no domain"],
    ["\ud800@people.example", "it has half of a character before the @"],
    [`${"ä".repeat(33)}@people.example`, "it has over 64 bytes before the @"],
    [`ada@${"a23456789.".repeat(25)}example`, "it is over 254 bytes long"],
  ];
  for (const [address, reason] of refused) {
    assert.throws(
      () => checkMailbox({ name: "", address }, "recipient 2"),
      new MailError(`The address of recipient 2 is not valid: ${reason}`),
      address,
    );
  }
});

Deno.test("A name with a control character is refused, and other names are kept", () => {
  const address = "ada@people.example";
  for (const name of ["Ada\r\nBcc: eve@evil.example", "Ada\nX", "Ada\0", "Ada\u0085"]) {
    assert.throws(() => checkMailbox({ name, address }, "the sender"), {
      name: "MailError",
      message: /^The name of the sender has the control character U\+00/,
    });
  }
  assert.equal(checkMailbox({ name: " Ada 👩‍💻 \ud800", address }, "it").name, "Ada 👩‍💻 \ufffd");
});

Deno.test("A mailbox is written with its name quoted or encoded where that is needed", () => {
  const written: [string, string][] = [
    ["Ada Lovelace", "Ada Lovelace <ada@people.example>"],
    ["Lovelace, Ada", '"Lovelace, Ada" <ada@people.example>'],
    ['Ada "Countess"', '"Ada \\"Countess\\"" <ada@people.example>'],
    ["Ådä", "=?UTF-8?B?w4Vkw6Q=?= <ada@people.example>"],
    ["", "ada@people.example"],
  ];
  for (const [name, expected] of written) {
    assert.equal(writeMailbox({ name, address: "ada@people.example" }), expected);
  }
});

Deno.test("A name is left out where it is over 320 characters long with its address", () => {
  const fits = {
    name: "a".repeat(320 - " <ada@people.example>".length),
    address: "ada@people.example",
  };
  assert.equal(writeMailbox(fits).length, 320);
  assert.deepEqual(shortened(fits), fits);
  assert.deepEqual(shortened({ ...fits, name: `${fits.name}a` }), { ...fits, name: "" });
  const encoded = { name: "名".repeat(80), address: "ada@people.example" };
  assert.deepEqual(shortened(encoded), { ...encoded, name: "" });
  assert.deepEqual(shortened({ ...encoded, name: "名" }), { ...encoded, name: "名" });
});

Deno.test("A mailbox is read from an address, or from a name with an address", () => {
  const mailboxes: [string, string, string][] = [
    ["mm4711@zulip.example", "", "mm4711@zulip.example"],
    ["Zulip <mm4711@zulip.example>", "Zulip", "mm4711@zulip.example"],
    ['"Zulip \\"x\\", y" <mm4711@zulip.example>', 'Zulip "x", y', "mm4711@zulip.example"],
    [" <mm4711@zulip.example> ", "", "mm4711@zulip.example"],
    ["Größe <mm4711@zulip.example>", "Größe", "mm4711@zulip.example"],
  ];
  for (const [text, name, address] of mailboxes) {
    assert.deepEqual(parseMailbox(text, "reply_to_email"), { name, address });
  }
  for (
    const text of ["Zulip", "a@b.example, c@d.example", "<a@b.example> <c@d.example>", "A\n<a@b.c>"]
  ) {
    assert.throws(() => parseMailbox(text, "reply_to_email"), {
      name: "MailError",
      message: / of reply_to_email /,
    });
  }
});

Deno.test("Whatever is accepted stands in a header as one address on one line", () => {
  const marks = ["<", ">", "@", ",", ";", ":", '"', "\\", "(", ")", "[", "=?", "?=", " ", "\r\n"];
  const unit = fc.constantFrom("a", "B", "7", ".", "-", "ä", "名", "\ud83d", ...marks);
  const text = fc.string({ unit, maxLength: 6 });
  fc.assert(fc.property(text, text, text, (name, local, domain) => {
    let mailbox;
    try {
      mailbox = checkMailbox({ name, address: `${local}@${domain}.example` }, "it");
    } catch (error) {
      return assert(error instanceof MailError);
    }
    const written = writeMailbox(mailbox);
    assert.doesNotMatch(written, /[\r\n\0]/);
    assert.match(written, /^(?:"(?:[^"\\]|\\.)*"|[^<>"]*) ?<?[^<>\s,;@]+@[^<>\s,;@]+>?$/);
  }));
});

Deno.test("A sender's placeholder stands for an address of the installation", () => {
  const token = "$&tok3n";
  const senders: [string | null | undefined, string][] = [
    ["NO_REPLY", "noreply@zulip.example"],
    ["TOKENIZED_NO_REPLY", "noreply-$&tok3n@zulip.example"],
    ["SUPPORT", "support@zulip.example"],
    [null, "noreply@zulip.example"],
    [undefined, "noreply@zulip.example"],
    ["ada@people.example", "ada@people.example"],
  ];
  for (const [from, expected] of senders) {
    assert.equal(senderAddress(from, ADDRESSES, token), expected);
  }
  const plain = { ...ADDRESSES, tokenizedNoReply: undefined };
  assert.equal(senderAddress("TOKENIZED_NO_REPLY", plain, token), "noreply@zulip.example");
});

Deno.test("Two ways of writing one address have one key", () => {
  assert.equal(addressKey("jürgen@bücher.example"), addressKey("jürgen@xn--bcher-kva.EXAMPLE"));
  assert.notEqual(addressKey("Ada@people.example"), addressKey("ada@people.example"));
});
