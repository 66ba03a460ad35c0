import assert from "node:assert/strict";
import { masked, secretForms, serverWords } from "../../../lib/domain/mail/server_words.ts";

const CONFIDENTIAL = {
  recipients: ["ada@people.example", "Jo@people.example", "jürgen@bücher.example"],
  secrets: secretForms({ user: "zulip", password: "s3cret wörd" }),
  texts: ["Reset: https://zulip.example/reset/c0de now", '<a href="https://zulip.example/x">'],
};

Deno.test("A server's words do not name recipients", () => {
  const cases: [string, string][] = [
    ["550 <ada@people.example>: unknown", "<recipient 1>: unknown"],
    ["550 ADA@People.Example unknown", "<recipient 1> unknown"],
    ["550 ada@people.example, jo@people.example", "<recipient 1>, <recipient 2>"],
    ["550 No such user ada here", "No such user <recipient 1> here"],
    ["550 bounce+ada=people.example@x.example", "bounce+<recipient 1>@x.example"],
    ["550 jürgen@bücher.example", "<recipient 3>"],
    ["550 <jürgen@xn--bcher-kva.example>", "<recipient 3>"],
    ["550 Jo is short, adapt it", "Jo is short, adapt it"],
    ["550 canada", "canada"],
  ];
  for (const [reply, words] of cases) assert.equal(serverWords(reply, CONFIDENTIAL), words);
});

Deno.test("A server's words repeat neither the password nor a link of the mail", () => {
  const cases: [string, string][] = [
    ["500 AUTH PLAIN AHp1bGlwAHMzY3JldCB3w7ZyZA==", "AUTH PLAIN ***"],
    ["500 czNjcmV0IHfDtnJk", "***"],
    ["500 s3cret wörd", "***"],
    ["554 https://zulip.example/reset/c0de is listed", "<link> is listed"],
    ["554 https://zulip.example/x", "<link>"],
    ["554 See https://block.example/why", "See https://block.example/why"],
  ];
  for (const [reply, words] of cases) assert.equal(serverWords(reply, CONFIDENTIAL), words);
});

Deno.test("A server's words are one visible line of at most 300 characters", () => {
  const nothing = { recipients: [], secrets: [], texts: [] };
  assert.equal(
    serverWords("550-5.7.1 One\r\n550-5.7.1  two\n550 three", nothing),
    "5.7.1 One 5.7.1 two three",
  );
  assert.equal(serverWords("550 a\u001b[31mb\u202e", nothing), "aU+001B[31mbU+202E");
  assert.equal(serverWords("421", nothing), "");
  assert.equal([...serverWords(`550 ${"😀".repeat(400)}`, nothing)].length, 300);
});

Deno.test("Nothing is replaced where nothing is confidential", () => {
  const text = "RCPT TO:<ada@people.example>";
  assert.equal(masked(text, { recipients: [], secrets: [""], texts: [] }), text);
});
