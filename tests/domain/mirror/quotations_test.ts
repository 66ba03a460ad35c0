import assert from "node:assert/strict";
import { withoutQuotations } from "../../../lib/domain/mirror/quotations.ts";
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
