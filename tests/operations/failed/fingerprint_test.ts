import assert from "node:assert/strict";
import { fingerprintOf, normalized, originOf } from "../../../lib/operations/failed/fingerprint.ts";

const MESSAGES: readonly [message: string, normalized: string][] = [
  ["no such user", "no such user"],
  ["first line\nsecond 7", "first line"],
  ["user 17 has 3 of 1,204 messages", "user # has # of # messages"],
  ["took -1.5 s", "took # s"],
  ["no such user ada@example.com", "no such user #"],
  ["GET https://example.com/a?b=1 failed", "GET # failed"],
  ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED #"],
  ["connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED #"],
  ["id 0b5e7a52-5b1c-4f51-9d55-0c2f6c1f3a77 is gone", "id # is gone"],
  ["at 0xdeadbeef and 3fa9c1d2", "at # and #"],
  ["facade and decade are words", "facade and decade are words"],
  ["cannot open /var/lib/zulip/uploads/a.png", "cannot open #"],
  ["either/or is no path", "either/or is no path"],
  [`Unexpected token 'o', "oops" is not valid JSON`, "Unexpected token #, # is not valid JSON"],
  ["Can't reach 'the host'", "Can't reach #"],
  ["SMTPError 451 4.3.0 try later", "SMTPError # # try later"],
];

for (const [message, expected] of MESSAGES) {
  Deno.test(`the fingerprint reads ${JSON.stringify(message)} as ${expected}`, () => {
    assert.equal(normalized(message), expected);
  });
}

const OWN = "    at Lanes.#run (file:///opt/pq/lib/engine/executor/lanes.ts:95:20)";
const PACKAGE =
  "    at parse (file:///root/.cache/deno/npm/registry.npmjs.org/zod/4.6.7/index.js:1:2)";
const STACKS: readonly [title: string, stack: string, origin: string][] = [
  ["nothing", "", ""],
  ["a message that looks like no frame", "Error: at least 3", ""],
  ["a function", "Error: no\n    at send (file:///srv/workers/mails.ts:12:3)", "send mails.ts"],
  [
    "an async method",
    "Error\n    at async Sender.send (file:///srv/mails.ts:1:3)",
    "Sender.send mails.ts",
  ],
  ["no function", "Error\n    at file:///srv/mails.ts:1:3", "mails.ts"],
  ["code of the program first", `Error\n${OWN}\n    at a (/srv/b.ts:1:2)`, "a b.ts"],
  ["code of a package first", `Error\n${PACKAGE}\n    at a (file:///srv/b.ts:1:2)`, "a b.ts"],
  ["nothing else", `Error\n${OWN}\n    at ext:core/01_core.js:10:3\n    at node:net:1:2`, ""],
];

for (const [title, stack, origin] of STACKS) {
  Deno.test(`the origin of a stack with ${title} is ${JSON.stringify(origin)}`, () => {
    assert.equal(originOf(stack), origin);
  });
}

Deno.test("a fingerprint tells causes apart, and not events, lines or columns", () => {
  const failure = {
    reason: "error",
    name: "SMTPError",
    message: "451 for user 7",
    stack: "SMTPError: 451\n    at send (file:///srv/workers/mails.ts:12:3)",
  };
  const fingerprint = fingerprintOf(failure);
  assert.match(fingerprint, /^[0-9a-f]{8}$/);
  const same = [
    { message: "451 for user 8\nand more" },
    { stack: "SMTPError: 451\n    at send (file:///opt/other/mails.ts:99:1)" },
  ];
  for (const more of same) assert.equal(fingerprintOf({ ...failure, ...more }), fingerprint);
  const others = [
    { reason: "timeout" },
    { name: "Error" },
    { message: "no for user 7" },
    { stack: "SMTPError: 451\n    at receive (file:///srv/workers/mails.ts:12:3)" },
  ];
  for (const more of others) assert.notEqual(fingerprintOf({ ...failure, ...more }), fingerprint);
});
