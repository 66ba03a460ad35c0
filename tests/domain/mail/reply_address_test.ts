import assert from "node:assert/strict";
import { newReplyToken, replyMailbox } from "../../../lib/domain/mail/reply_address.ts";

Deno.test("a reply token has 34 characters and is another each time", () => {
  const tokens = Array.from({ length: 20 }, newReplyToken);
  for (const token of tokens) assert.match(token, /^mm[0-9a-f]{32}$/);
  assert.equal(new Set(tokens).size, 20);
});

Deno.test("a reply address has the token in the place of %s", () => {
  assert.equal(replyMailbox("%s@in.example.com", "mm1"), "Zulip <mm1@in.example.com>");
  assert.equal(replyMailbox("in+%s@example.com", "mm$&"), "Zulip <in+mm$&@example.com>");
});
