import assert from "node:assert/strict";
import { alternatives, enumeration } from "../../lib/errors/alternatives.ts";

Deno.test("alternatives stand with commas and one `or`", () => {
  assert.equal(alternatives(["json"]), "json");
  assert.equal(alternatives(["json", "text"]), "json or text");
  assert.equal(alternatives(["debug", "info", "error"]), "debug, info or error");
});

Deno.test("what belongs together stands with commas and one `and`", () => {
  assert.equal(enumeration([]), "");
  assert.equal(enumeration(["a"]), "a");
  assert.equal(enumeration(new Set(["a", "b", "c"])), "a, b and c");
});
