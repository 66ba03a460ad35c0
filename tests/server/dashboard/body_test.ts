/** How the dashboard shows bodies of events. */

import assert from "node:assert/strict";
import {
  differences,
  indented,
  jsonProblem,
  treeOf,
  valueOf,
} from "../../../lib/server/dashboard/model/body.js";

Deno.test("of bodies only what differs is shown", () => {
  const bodies = [{ realm_id: 2, to: [480], name: "x" }, { realm_id: 2, to: [517], name: "x" }];
  assert.deepEqual(differences(bodies.map((body) => JSON.stringify(body))), [
    "to [480]",
    "to [517]",
  ]);
  assert.deepEqual(differences(['{"a":1}', '{"a":1}']), [
    "the same as the others",
    "the same as the others",
  ]);
  assert.deepEqual(differences(['{"a": 1}']), ['{"a": 1}']);
  assert.deepEqual(differences(["no JSON", '{"a":1}', '{"a":2}']), ["no JSON", "a 1", "a 2"]);
  const cut = ['{"id":1,"long":"xxx', '{"id":2,"long":"xxx'];
  assert.deepEqual(differences(cut), ["id 1", "id 2"]);
});

Deno.test("a tree shows the fields of what is open, and the sizes of the others", () => {
  const value = { id: 2, context: { a: "x", list: [1, 2] }, none: [] };
  const lines = (isOpen: (path: string) => boolean) =>
    treeOf(value, isOpen).map(({ depth, name, text, size }) =>
      `${" ".repeat(depth)}${name} ${text ?? size}`
    );
  assert.deepEqual(lines(() => false), ["id 2", "context 2 fields", "none 0 items"]);
  assert.deepEqual(lines((path) => path === "/context"), [
    "id 2",
    "context 2 fields",
    ' a "x"',
    " list 2 items",
    "none 0 items",
  ]);
  assert.deepEqual(treeOf("text", () => true).map(({ text }) => text), ['"text"']);
});

Deno.test("a body is indented as it is written, whatever its numbers and fields", () => {
  const text = '{"id":12345678901234567890,"a":[1.0,{}, [ ],"{,:\\""],"a":{"b":null}}';
  const lines = [
    "{",
    '  "id": 12345678901234567890,',
    '  "a": [',
    "    1.0,",
    "    {},",
    "    [],",
    '    "{,:\\""',
    "  ],",
    '  "a": {',
    '    "b": null',
    "  }",
    "}",
  ];
  assert.equal(indented(text), lines.join("\n"));
  assert.equal(indented(indented(text)), indented(text));
  for (const same of ["", "{oops", '"text"', "7", "[]"]) assert.equal(indented(same), same);
});

Deno.test("a tree shows large numbers as they are written", () => {
  const value = valueOf('{"id":12345678901234567890,"n":1.50,"list":[9007199254740993]}');
  const lines = treeOf(value, () => true).map(({ text, size }) => text ?? size);
  assert.deepEqual(lines, ["12345678901234567890", "1.5", "1 item", "9007199254740993"]);
  assert.deepEqual(treeOf(valueOf("9007199254740993"), () => true)[0]?.text, "9007199254740993");
});

Deno.test("a text that is no JSON says so", () => {
  assert.equal(jsonProblem('{"a": 1}'), null);
  assert.match(jsonProblem('{"a": }') ?? "", /^This is no JSON: /);
});
