import assert from "node:assert/strict";
import { PreviewCache } from "../../../lib/domain/previews/cache.ts";
import type { Looked } from "../../../lib/domain/previews/preview.ts";

const LINK = "https://example.com/";
const PAGE = { kind: "page", title: "Soup" } as const;
const MINUTE = 60_000;

const AGES: readonly [looked: Looked, ms: number][] = [
  [PAGE, 24 * 60 * MINUTE],
  ["nothing", 60 * MINUTE],
  ["failed", MINUTE],
];

for (const [looked, ms] of AGES) {
  const name = typeof looked === "string" ? looked : looked.kind;
  Deno.test(`what came of a lookup (${name}) is remembered for ${ms / MINUTE} min`, () => {
    const cache = new PreviewCache();
    cache.set(LINK, looked, 5);
    assert.equal(cache.get(LINK, 5 + ms - 1), looked);
    assert.equal(cache.get(LINK, 5 + ms), undefined);
    assert.equal(cache.get(LINK, 6), undefined);
  });
}

Deno.test("a link that was not looked up is not known", () => {
  assert.equal(new PreviewCache().get(LINK, 0), undefined);
});

Deno.test("the last lookup of a link counts, with its own age", () => {
  const cache = new PreviewCache();
  cache.set(LINK, "failed", 0);
  cache.set(LINK, PAGE, MINUTE - 1);
  assert.equal(cache.get(LINK, 2 * MINUTE), PAGE);
});

Deno.test("the link that nobody asked for longest is forgotten first", () => {
  const cache = new PreviewCache(2);
  cache.set("a", PAGE, 0);
  cache.set("b", PAGE, 0);
  cache.get("a", 1);
  cache.set("c", PAGE, 1);
  assert.deepEqual(["a", "b", "c"].map((link) => cache.get(link, 2) === PAGE), [true, false, true]);
});
