import assert from "node:assert/strict";
import { readMail } from "../../../lib/domain/mirror/incoming_mail.ts";
import { loopKind } from "../../../lib/domain/mirror/loops.ts";
import { hiddenAddress, hiddenSender, recipientOf } from "../../../lib/domain/mirror/recipient.ts";
import { mime, plain } from "../../fixtures/mirror/mime.ts";

const HOSTS = ["zulip.example", "acme.zulip.example"];
const PATTERNS = { pattern: "%s@in.example.com" };

type Kind = string | undefined;
const LOOPS: readonly (readonly [Record<string, string>, toChannel: Kind, answer: Kind])[] = [
  [{}, undefined, undefined],
  [{ "Auto-Submitted": "no" }, undefined, undefined],
  [{ "Auto-Submitted": "auto-replied" }, "auto-replied", "auto-replied"],
  [{ "Auto-Submitted": "Auto-Replied (vacation)" }, "auto-replied", "auto-replied"],
  [{ "Precedence": "auto_reply" }, "auto-replied", "auto-replied"],
  [{ "Auto-Submitted": "auto-generated; x=y" }, undefined, "auto-generated"],
  [{ "Return-Path": "<>" }, "bounced", "bounced"],
  [{ "Return-Path": "<cara@elsewhere.example>" }, undefined, undefined],
  [{ "List-Id": "Acme <acme.zulip.example>" }, "own", "own"],
  [{ "List-Id": "<Zulip.Example>" }, "own", "own"],
  [{ "List-Id": "Kitchen <kitchen.lists.example>" }, undefined, undefined],
];

for (const [headers, toChannel, answer] of LOOPS) {
  Deno.test(`which mails are refused: ${JSON.stringify(headers)}`, async () => {
    const mail = await readMail(mime(headers, plain("Hello")));
    assert.equal(loopKind(mail, { isAnswer: false, ownHosts: HOSTS }), toChannel);
    assert.equal(loopKind(mail, { isAnswer: true, ownHosts: HOSTS }), answer);
  });
}

Deno.test("the recipient is the envelope's, else the surest header's that fits", async () => {
  const mail = await readMail(mime({
    "CC": "b@in.example.com",
    "To": "Cy <cy@elsewhere.example>, Zulip <a@in.example.com>",
  }, plain("")));
  assert.equal(recipientOf("x@in.example.com", mail, PATTERNS), "x@in.example.com");
  assert.equal(recipientOf(null, mail, PATTERNS), "a@in.example.com");
  const delivered = await readMail(mime({
    "To": "a@in.example.com",
    "Delivered-To": "d@in.example.com",
  }, plain("")));
  assert.equal(recipientOf(undefined, delivered, PATTERNS), "d@in.example.com");
  const other = await readMail(mime({ To: "cy@elsewhere.example" }, plain("")));
  assert.throws(() => recipientOf(null, other, PATTERNS), /^NoMessage: Missing recipient/);
});

Deno.test("of addresses, the log has what is no secret", async () => {
  assert.equal(
    hiddenAddress("errors.abc@in.example.com", PATTERNS, "Invalid address"),
    "XXXXXXXXXX@in.example.com <Invalid address>",
  );
  assert.equal(hiddenAddress("abc", PATTERNS, "x"), "XXX <x>");
  assert.equal(
    hiddenAddress("a@elsewhere.example", PATTERNS, "Invalid address"),
    "X@elsewhere.example <Invalid address>",
  );
  assert.equal(
    hiddenAddress("zulip+abc@example.com", { pattern: "zulip+%s@example.com" }, "x"),
    "zulip+XXX@example.com <x>",
  );
  assert.equal(hiddenSender(await readMail(mime({}, plain("")))), "X@elsewhere.example");
  assert.equal(hiddenSender(await readMail(mime({ From: "nobody" }, plain("")))), "unknown");
});
