/**
 * What the first screen of the dashboard costs to load.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { Assets } from "../../../lib/server/assets.ts";

/** The most bytes of HTML, CSS and JavaScript before the first screen is there, not compressed. */
const BUDGET = 80_000;
const assets = new Assets("");

/** A file and all that it imports before it runs. */
function withImports(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, name = ""] of textOf(path).matchAll(/\b(?:from|import)\s*"([./][^"\n]*)"/g)) {
    const to = name.startsWith("/assets/")
      ? name.slice("/assets/".length)
      : join(dirname(path), name);
    withImports(to, seen);
  }
  return seen;
}

function bytesOf(path: string): Uint8Array {
  const asset = assets.all.get(path);
  if (!asset) throw new Error(`${path} is imported and is not there`);
  return asset.bytes;
}

function textOf(path: string): string {
  return new TextDecoder().decode(bytesOf(path));
}

Deno.test("the first screen loads less than 80 kB, preact and htm included", () => {
  const scripts = withImports("app.js");
  assert.ok(scripts.has("screens/queues.js") && scripts.has("vendor/preact.js"));
  const sizes = [...scripts, "tokens.css", "style.css"].map((path) =>
    [path, bytesOf(path).length] as const
  );
  const all = sizes.reduce((sum, [, size]) => sum + size, assets.page.bytes.length);
  const said = sizes.map(([path, size]) => `${path} ${size}`).join("\n");
  assert.ok(all < BUDGET, `${all} bytes:\n${said}`);
});

Deno.test("the other screens are loaded when they are opened", () => {
  const first = withImports("app.js");
  const later = ["queue", "failed", "event", "processes", "checks", "sign_in"].map((name) =>
    `screens/${name}.js`
  );
  assert.deepEqual(later.filter((path) => first.has(path)), []);
  for (const path of later) {
    assert.ok(withImports(path).size > 3, `${path} and all that it imports are there`);
  }
});
