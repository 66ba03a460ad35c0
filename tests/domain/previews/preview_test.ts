import assert from "node:assert/strict";
import { descriptionOf, imageUrl, titleOf } from "../../../lib/domain/previews/preview.ts";

const TITLES: readonly [text: string | undefined, title: string | undefined][] = [
  ["Soup", "Soup"],
  [undefined, undefined],
  ["", undefined],
  [" \n\t ", undefined],
  ["  Soup \r\n of the\tday ", "Soup of the day"],
  ["a\0b\u0007c", "ab c"],
  ["\ud800!", "\ufffd!"],
  ["\u202Eevil\u2069", "evil"],
  ['"><script>', '"><script>'],
  ["x".repeat(300), "x".repeat(300)],
  ["x".repeat(301), `${"x".repeat(299)}…`],
  ["😀".repeat(301), `${"😀".repeat(299)}…`],
];

for (const [text, title] of TITLES) {
  Deno.test(`the title of ${JSON.stringify(text)?.slice(0, 40)}`, () => {
    assert.equal(titleOf(text), title);
  });
}

Deno.test("a description is cut at 1000 characters", () => {
  assert.equal(descriptionOf("x".repeat(1000)), "x".repeat(1000));
  assert.equal(descriptionOf("x".repeat(1001)), `${"x".repeat(999)}…`);
});

const BASE = "https://example.com/news/today?x=1";

const IMAGES: readonly [text: string | undefined, url: string | undefined][] = [
  ["https://img.example/a.png", "https://img.example/a.png"],
  ["http://img.example/a.png", "http://img.example/a.png"],
  ["//img.example/a.png", "https://img.example/a.png"],
  ["/a.png", "https://example.com/a.png"],
  ["a.png", "https://example.com/news/a.png"],
  [" \n/a.png\t", "https://example.com/a.png"],
  ["/a b.png", "https://example.com/a%20b.png"],
  ['/a".png', "https://example.com/a%22.png"],
  ["/a\n.png", "https://example.com/a.png"],
  [undefined, undefined],
  ["", undefined],
  ["  ", undefined],
  ["https://", undefined],
  ["http://[bad/", undefined],
  ["javascript:alert(1)", undefined],
  ["JaVaScRiPt:alert(1)", undefined],
  ["java\nscript:alert(1)", undefined],
  ["data:image/png;base64,AAAA", undefined],
  ["file:///etc/passwd", undefined],
  ["ftp://img.example/a.png", undefined],
  ["https://user:pass@img.example/a.png", undefined],
  [`/${"a".repeat(2048)}`, undefined],
];

for (const [text, url] of IMAGES) {
  Deno.test(`the image ${JSON.stringify(text)?.slice(0, 40)}`, () => {
    assert.equal(imageUrl(text, BASE), url);
  });
}
