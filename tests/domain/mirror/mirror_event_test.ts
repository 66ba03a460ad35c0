import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventOf, mailKey, mirrorEvent } from "../../../lib/domain/mirror/mirror_event.ts";

const mail = (...lines: string[]) => new TextEncoder().encode(lines.join("\r\n"));
const TO = "errors.abc@in.example.com";

Deno.test("a mail's event is Zulip's, and its key is the event's message_id", () => {
  const bytes = mail("Message-ID: <1@a>", "", "Grüße");
  const { event, id } = eventOf(bytes, TO);
  assert.equal(id, mailKey(bytes, TO));
  assert.match(id, /^mirror:[0-9a-f]{64}$/);
  assert.deepEqual(mirrorEvent.parse(event), {
    rcpt_to: TO,
    msg_base64: Buffer.from(bytes).toString("base64"),
  });
});

Deno.test("the key is of the Message-ID, the date and the recipient", () => {
  const key = mailKey(mail("Message-ID: <1@a>", "Subject: a", "", "a"), TO);
  assert.equal(mailKey(mail("Received: x", "message-id:", " <1@a>", "", "b"), TO), key);
  assert.equal(mailKey(mail("Message-ID: <1@a>", "", "a"), ` ${TO.toUpperCase()}`), key);
  assert.notEqual(mailKey(mail("Message-ID: <2@a>", "", "a"), TO), key);
  assert.notEqual(mailKey(mail("Message-ID: <1@a>", "", "a"), "other@in.example.com"), key);
});

Deno.test("mails with the same Message-ID differ by their dates", () => {
  const first = mailKey(mail("Message-ID: <0@printer>", "Date: Mon, 30 Nov 2026", "", "a"), TO);
  const again = mail("Received: x", "DATE: Mon,", " 30 Nov 2026", "Message-ID: <0@printer>", "");
  assert.equal(mailKey(again, TO), first);
  const second = mail("Message-ID: <0@printer>", "Date: Tue, 1 Dec 2026", "", "a");
  assert.notEqual(mailKey(second, TO), first);
});

Deno.test("a mail without a Message-ID is known by its bytes, except what servers add", () => {
  const key = mailKey(mail("Subject: a", "", "Message-ID: <1@a>"), TO);
  const delivered = mail(
    ...["Return-Path: <a@b>", "Received: from c", "\tby d; now", "Subject: a", ""],
    "Message-ID: <1@a>",
  );
  assert.equal(mailKey(delivered, TO), key);
  assert.equal(mailKey(mail("Message-ID: ", "Subject: a", "", "b"), TO).length, key.length);
  assert.notEqual(mailKey(mail("Subject: a", "", "Message-ID: <2@a>"), TO), key);
});

Deno.test("a body in another encoding than base64 is no event", () => {
  assert.equal(mirrorEvent.safeParse({ rcpt_to: TO, msg_base64: "ä" }).success, false);
  assert.equal(mirrorEvent.safeParse({ rcpt_to: null, msg_base64: "YQ==" }).success, true);
});
