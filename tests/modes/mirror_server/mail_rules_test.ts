import assert from "node:assert/strict";
import fc from "fast-check";
import {
  hasBareNewline,
  headerText,
  inAscii,
  mostBytes,
  problemOf,
  traced,
} from "../../../lib/modes/mirror_server/mail_rules.ts";
import { mailKey } from "../../../lib/domain/mirror/mirror_event.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (mail: Uint8Array) => new TextDecoder().decode(mail);

Deno.test("a mail's largest size is the least of the setting, of an event, and of RabbitMQ", () => {
  const cases: readonly (readonly [wanted: number, maxEvent: number, most: number])[] = [
    [12_000_000, 16_777_216, 12_000_000],
    [20_000_000, 100_000_000, 12_000_000],
    [5000, 16_777_216, 5000],
    [12_000_000, 1_004_096, 750_000],
    [12_000_000, 4096, 0],
  ];
  for (const [wanted, maxEvent, most] of cases) {
    assert.equal(mostBytes(wanted, maxEvent), most, `${wanted}, ${maxEvent}`);
  }
});

Deno.test("hasBareNewline finds what a regular expression finds", () => {
  const line = fc.constantFrom("\r", "\n", "\r\n", "a", ".", "\0");
  fc.assert(fc.property(fc.array(line).map((parts) => parts.join("")), (mail) => {
    assert.equal(hasBareNewline(bytes(mail)), /(^|[^\r])\n|\r(?!\n)/.test(mail));
  }));
});

Deno.test("headerText is what stands before the first empty line", () => {
  const cases: readonly (readonly [mail: string, header: string])[] = [
    ["A: b\r\nC: d\r\n\r\nE: f\r\n", "A: b\r\nC: d\r\n"],
    ["\r\nA: b\r\n\r\n", ""],
    ["A: b\r\n", "A: b\r\n"],
    ["A: b\nC: d\n\nE: f\n\n", "A: b\nC: d\n"],
    ["\nA: b", ""],
    ["", ""],
  ];
  for (const [mail, header] of cases) assert.equal(headerText(bytes(mail)), header);
});

Deno.test("a mail in a loop is refused, and headers of an attached mail do not count", () => {
  const received = "Received: from a\r\n".repeat(101);
  assert.equal(problemOf(bytes(`${received}\r\nb`))?.code, 554);
  assert.equal(problemOf(bytes(`Subject: a\r\n\r\n${received}`)), undefined);
});

Deno.test("traced writes where a mail comes from, and lets nothing of it break a header", () => {
  const origin = {
    sender: "ada@bücher.example",
    helo: "[IPv6:::1] (evil)\t\u00e4",
    client: "2001:db8::1",
    protocol: "ESMTPS",
    session: "abc",
  };
  const mail = bytes("Subject: a\r\n\r\nb");
  assert.deepEqual(text(traced(mail, origin, "mx.example", Date.UTC(2026, 11, 1))).split("\r\n"), [
    "Return-Path: <ada@xn--bcher-kva.example>",
    "Received: from [IPv6:::1]??evil??? ([IPv6:2001:db8::1])",
    "\tby mx.example with ESMTPS id abc;",
    "\tTue, 01 Dec 2026 00:00:00 +0000",
    "Subject: a",
    "",
    "b",
  ]);
  const bounce = text(traced(mail, { ...origin, sender: "", helo: "" }, "mx.example", 0));
  assert.match(bounce, /^Return-Path: <>\r\nReceived: from unknown \(/);
});

Deno.test("what traced writes does not change by which key a mail is known", () => {
  const origin = { sender: "a@b.example", helo: "c", client: "1.2.3.4", protocol: "SMTP" };
  const mail = bytes("Subject: a\r\n\r\nb");
  const at = (now: number) =>
    mailKey(traced(mail, { ...origin, session: `${now}` }, "mx.example", now), "x@y.example");
  assert.equal(at(0), at(1_000_000_000_000));
});

Deno.test("inAscii changes only the domain of an address", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["ä@bücher.example", "ä@xn--bcher-kva.example"],
    ["a@[127.0.0.1]", "a@[127.0.0.1]"],
    ["a@b.example", "a@b.example"],
    ["postmaster", "postmaster"],
    ["", ""],
  ];
  for (const [address, ascii] of cases) assert.equal(inAscii(address), ascii);
});
