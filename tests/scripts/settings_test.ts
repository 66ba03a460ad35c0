import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { settingsPage } from "../../scripts/settings.ts";

Deno.test("docs/settings.md lists every setting with its default and what it does", () => {
  const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");
  assert.equal(page, settingsPage(), "run `deno task settings`");
});
