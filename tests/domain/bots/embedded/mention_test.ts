import assert from "node:assert/strict";
import { withoutMention } from "../../../../lib/domain/bots/embedded/mention.ts";
import { MessageRate } from "../../../../lib/domain/bots/embedded/rate_limit.ts";

const ROWS: readonly [content: string, rest: string][] = [
  ["@**Weather** rain?", "rain?"],
  ["@**Weather**rain?", "rain?"],
  ["  @**Weather**\n rain?", "rain?"],
  ["@**Weather**", ""],
  ["@**Weather|9** rain?", "rain?"],
  ["@**|9** rain?", "rain?"],
  ["@**Weather** ask @**Weather**", "ask @**Weather**"],
  ["rain, @**Weather**?", "rain, @**Weather**?"],
  ["@**Weather|8** rain?", "@**Weather|8** rain?"],
  ["@**Weatherman** rain?", "@**Weatherman** rain?"],
  ["@_**Weather** rain?", "@_**Weather** rain?"],
];

Deno.test("the mention of a bot at the beginning is left out", () => {
  for (const [content, rest] of ROWS) {
    assert.equal(withoutMention(content, { id: 9, name: "Weather" }), rest, content);
  }
});

Deno.test("20 messages are allowed within 5 seconds, and one more when the first is older", () => {
  const rate = new MessageRate();
  for (let i = 0; i < 20; i++) assert(rate.allows(1_000 + i));
  assert(!rate.allows(1_020));
  assert(!rate.allows(5_999));
  assert(rate.allows(6_000));
  assert(!rate.allows(6_000));
});
