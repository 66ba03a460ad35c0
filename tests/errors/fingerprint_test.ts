import assert from "node:assert/strict";
import { fingerprint, pattern } from "../../lib/errors/fingerprint.ts";

const PATTERNS: [message: string, expected: string][] = [
  ["451 4.3.0 try again later", "<number> <number> try again later"],
  ["no user \"ada\" in realm 'zulip'", "no user <text> in realm <text>"],
  ["job 7c1f3a02-8d55-4d2b-9f0e-2a3b4c5d6e7f is gone", "job <id> is gone"],
  ["cannot reach https://hooks.example.com/a?b=1 now", "cannot reach <url> now"],
  ["mailbox of ada.l+x@example.com is full", "mailbox of <address> is full"],
  ["ENOENT: /var/lib/zulip/a.txt", "ENOENT: <path>"],
  ["at 0x7ffee3 of deadbeef01", "at <hex> of <hex>"],
  ["facade added 3 beads", "facade added <number> beads"],
  ["first line 1\nsecond line", "first line <number>"],
  ["either/or is no path", "either/or is no path"],
  ["took -1.5 s", "took <number> s"],
  ["user 17 has 1,204 messages", "user <number> has <number> messages"],
  ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED <address>"],
  ["connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED <address>"],
  ["Can't reach 'the host'", "Can't reach <text>"],
  [`Unexpected token 'o', "oo\\"ps" is no JSON`, "Unexpected token <text>, <text> is no JSON"],
  ["", ""],
];

Deno.test("a pattern has signs for what differs from event to event", () => {
  for (const [message, expected] of PATTERNS) assert.equal(pattern(message), expected);
});

const error = (message: string, stack?: string) => ({
  reason: "error",
  error: { name: "TypeError", message, ...(stack === undefined ? {} : { stack }) },
});
const stack = (line: number, name = "send") =>
  `TypeError: x\n    at inner (ext:core/01_core.js:1:1)\n    at ${name} (file:///srv/workers/mail.ts:${line}:7)`;

Deno.test("failures with the same cause have the same fingerprint, others another one", () => {
  const one = fingerprint(error("user 7 is unknown", stack(10)));
  assert.match(one, /^[0-9a-f]{8}$/);
  assert.equal(fingerprint(error("user 8 is unknown", stack(99))), one);
  assert.notEqual(fingerprint(error("user 7 is back", stack(10))), one);
  assert.notEqual(fingerprint(error("user 7 is unknown", stack(10, "fetch"))), one);
  assert.notEqual(
    fingerprint({ ...error("user 7 is unknown", stack(10)), reason: "timeout" }),
    one,
  );
  assert.notEqual(fingerprint(error("user 7 is unknown")), one);
});

const WORKERS = "\n    at async send (file:///srv/workers/mail.ts:5:1)";
const OTHERS = [
  "/opt/pq/lib/engine/executor/run.ts",
  "/opt/pq/lib/domain/mail/smtp.ts",
  "/home/me/.cache/deno/npm/example.com/zod/4.6.7/index.js",
  "/srv/node_modules/zod/index.js",
];

for (const file of OTHERS) {
  Deno.test(`the frame that counts is the first in a worker's code, not one of ${file}`, () => {
    const other = `TypeError: x\n    at run (file://${file}:3:1)${WORKERS}`;
    assert.equal(fingerprint(error("x", other)), fingerprint(error("x", stack(1))));
  });
}

Deno.test("a frame counts also without a function or a scheme", () => {
  const one = fingerprint(error("x", "Error\n    at file:///srv/mails.ts:1:3"));
  assert.equal(fingerprint(error("x", "Error\n    at /opt/mails.ts:7:1")), one);
  assert.notEqual(one, fingerprint(error("x", "Error: at least 3")));
});

Deno.test("a fingerprint is the same in every version, also beyond ASCII", () => {
  const of = (message: string) => fingerprint(error(message));
  assert.deepEqual(["no user 7", "kein Büro 7", "😀"].map(of), [
    "baf5b6c8",
    "a2614ce9",
    "6e0a23a6",
  ]);
});
