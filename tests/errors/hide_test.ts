import assert from "node:assert/strict";
import fc from "fast-check";
import { errorData, hiddenError } from "../../lib/errors/error_data.ts";
import { HIDE_NOTHING, hiding } from "../../lib/errors/hide.ts";

const LINK = `https://zulip.example.com/accounts/do_confirm/${"0123456789abcdef".repeat(3)}`;

const ROWS: readonly [title: string, secret: string, text: string, shown: string][] = [
  ["a secret", "ada@a.org", "550 <ada@a.org>: no", "550 <***>: no"],
  ["each time that it is there", "sesame", "sesame sesame", "*** ***"],
  ["a secret within a word", "sesame", "opensesame!", "open***!"],
  ["it in another case", "Ada@A.org", "ADA@a.ORG is unknown", "*** is unknown"],
  ["letters that are not ASCII", "Žluťoučký", "kůň Žluťoučký", "kůň ***"],
  ["no part of fewer than 4 characters", "abc", "abc abcd", "abc abcd"],
  ["one of 4 characters", "abcd", "abcd", "***"],
  ["the longer of two that begin alike", "sesame", "sesameseeds", "***seeds"],
  [
    "it as JSON writes it",
    'a "quoted"\nline',
    JSON.stringify({ a: 'a "quoted"\nline' }),
    '{"a":"***"}',
  ],
  ["it as a URL writes it", "a b@c.de", "/?to=a%20b%40c.de", "/?to=***"],
  ["it without the blanks around it", " sesame ", "opens sesame.", "opens ***."],
  ["the address of one with a name", "Ada <ada@a.org>", "RCPT TO:<ada@a.org>", "RCPT TO:<***>"],
  ["a URL as it is normalized", "HTTP://A.org/b c", "no http://a.org/b%20c", "no ***"],
  ["the path of a URL", LINK, `404 at ${LINK.slice(25)}`, "404 at ***"],
  ["a long secret that is cut", LINK, `no ${LINK.slice(0, 70)}`, "no ***"],
  ["the end of a long secret", LINK, `no …${LINK.slice(-64)}`, "no …***"],
  [
    "the text that a JSON parser quotes",
    "xyz1 and more",
    "Bad 'x', \"yz1\"... is not valid JSON",
    "Bad 'x'",
  ],
];

for (const [title, secret, text, shown] of ROWS) {
  Deno.test(`hiding replaces ${title}`, () => assert.equal(hiding([secret])(text), shown));
}

Deno.test("hiding replaces the longest of several secrets, and needs no order", () => {
  for (const secrets of [["open", "open sesame"], ["open sesame", "open"]]) {
    assert.equal(hiding(secrets)("open sesame, open!"), "***, ***!");
  }
});

Deno.test("hiding without secrets changes nothing", () => {
  assert.equal(hiding([]), HIDE_NOTHING);
  assert.equal(hiding(["", "abc"]), HIDE_NOTHING);
});

Deno.test("hiding leaves no secret in any text around it", () => {
  const secret = fc.string({ minLength: 4, unit: fc.constantFrom(...'aAbB<>@./"\\é💥 ') });
  const around = fc.string({ unit: fc.constantFrom(...'aAbB<>@./"\\é💥 *') });
  fc.assert(
    fc.property(secret, around, around, (text, before, after) => {
      const shown = hiding([text])(before + text + after);
      assert(!shown.includes(text), shown);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("errorData hides secrets in all that it keeps, also where it cuts", () => {
  const hide = hiding([LINK, "ada@a.org"]);
  const inner = new Error(`cause ${LINK}`);
  const member = new TypeError(`${"x".repeat(470)}${LINK}`);
  const error = Object.assign(
    new AggregateError([member], `to ada@a.org ${"y".repeat(4000)} ${LINK}`, { cause: inner }),
    { code: "E_ada@a.org" },
  );
  const text = JSON.stringify(errorData(error, hide));
  assert(!/ada@|example|do_confirm|0123/.test(text), text);
  assert.equal(errorData("sent to ada@a.org", hide).message, "sent to ***");
  assert.equal(errorData({ to: "ada@a.org" }, hide).message, '{"to":"***"}');
});

Deno.test("a secret is hidden before a part of it is masked by its form", () => {
  const secret = "ada@a.org?token=0123456789";
  assert.equal(errorData(new Error(`no ${secret}`), hiding([secret])).message, "no ***");
});

Deno.test("hiddenError hides secrets in every text of an error's data", () => {
  const hide = hiding(["sesame"]);
  assert.deepEqual(
    hiddenError({
      name: "Nsesame",
      message: "sesame",
      stack: "at sesame",
      code: "sesame",
      events: ["1"],
      tags: { sesame: "sesame" },
      breadcrumbs: ["open sesame"],
    }, hide),
    {
      name: "N***",
      message: "***",
      stack: "at ***",
      code: "***",
      events: ["1"],
      tags: { "***": "***" },
      breadcrumbs: ["open ***"],
    },
  );
  assert.deepEqual(hiddenError({ name: "a", message: "b" }, hide), { name: "a", message: "b" });
});
