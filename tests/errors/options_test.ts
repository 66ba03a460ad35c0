import assert from "node:assert/strict";
import { unknownOption } from "../../lib/errors/options.ts";

const KNOWN: ReadonlySet<string> = new Set(["reason", "seconds", "cause"]);

const ROWS: readonly [title: string, options: object, problem: string | undefined][] = [
  ["nothing in no options", {}, undefined],
  ["nothing in known names", { reason: "SMTP", cause: undefined }, undefined],
  ["the near name", { reason: "SMTP", second: 5 }, "has no option second; did you mean seconds?"],
  [
    "all names when none is near",
    { secs: 5 },
    "has no option secs: it has reason, seconds and cause",
  ],
];

for (const [title, options, problem] of ROWS) {
  Deno.test(`unknownOption names ${title}`, () => {
    assert.equal(unknownOption(options, KNOWN), problem);
  });
}
