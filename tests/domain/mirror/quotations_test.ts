import assert from "node:assert/strict";
import { htmlToMarkdown } from "../../../lib/domain/mirror/html_to_markdown.ts";
import { withoutQuotations } from "../../../lib/domain/mirror/quotations.ts";
import { HTML, WHOLE_HTML } from "./mails/html.ts";
import { LANGUAGES } from "./mails/languages.ts";
import { OWN } from "./mails/mail.ts";
import { PLAIN, WHOLE } from "./mails/plain.ts";

for (const { name, text, own = OWN, isReply = true } of [...PLAIN, ...LANGUAGES]) {
  Deno.test(`what is quoted is removed: ${name}`, () => {
    assert.equal(withoutQuotations(text, isReply), own);
    assert.equal(withoutQuotations(text.replaceAll("\n", "\r\n"), isReply), own);
  });
}

for (const { name, text, own, isReply = true } of WHOLE) {
  Deno.test(`nothing is removed: ${name}`, () => {
    assert.equal(withoutQuotations(text, isReply), own);
  });
}

for (const { name, text, own = OWN, isReply = true } of [...HTML, ...WHOLE_HTML]) {
  Deno.test(`of the HTML, what is the author's stays: ${name}`, () => {
    assert.equal(withoutQuotations(htmlToMarkdown(text), isReply), own);
  });
}

Deno.test("a text of millions of lines or signs takes no time to speak of", () => {
  for (const piece of ["a:\n", "From: a\n", "On 1\n", "> a\n", "\n", ": ", "_", "a@"]) {
    const text = piece.repeat(100_000);
    assert.equal(typeof withoutQuotations(text, true), "string");
  }
  for (
    const piece of ["<div>", "<b>x", "<blockquote>x", "<ul><li>x", "<", "<a href=https://a.b>x"]
  ) {
    assert.equal(typeof htmlToMarkdown(piece.repeat(100_000)), "string");
  }
});
