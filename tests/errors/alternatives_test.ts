import assert from "node:assert/strict";
import { alternatives } from "../../lib/errors/alternatives.ts";

Deno.test("alternatives stand with commas and one `or`", () => {
  assert.equal(alternatives(["json"]), "json");
  assert.equal(alternatives(["json", "text"]), "json or text");
  assert.equal(alternatives(["debug", "info", "error"]), "debug, info or error");
});
