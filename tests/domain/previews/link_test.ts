import assert from "node:assert/strict";
import { previewableLinks, previewableUrl } from "../../../lib/domain/previews/link.ts";

const LINKS: readonly [link: string, isPreviewable: boolean][] = [
  ["https://example.com", true],
  ["http://example.com/", true],
  ["HTTPS://Example.COM/Path?a=b#c", true],
  ["https://example.com?q=1", true],
  ["https://a-b.example.co.uk:8443/x", true],
  ["https://example.com./x", true],
  ["http://127.0.0.1:8080/page", true],
  ["http://8.8.8.8", true],
  ["https://localhost/", false],
  ["https://intranet/x", false],
  ["ftp://example.com/", false],
  ["javascript:alert(1)//example.com", false],
  ["//example.com/", false],
  ["/user_uploads/2/a.png", false],
  ["https://user@example.com/", false],
  ["https://user:pass@example.com/", false],
  ["https://example.com/a b", false],
  ["https://example.com/a\nb", false],
  ["https://example.com:999999/", false],
  ["https://-example.com/", false],
  ["https://[::1]/", false],
  ["https://2130706433/", false],
  ["https://exam ple.com/", false],
  [`https://example.com/${"a".repeat(3000)}`, false],
  ["", false],
];

for (const [link, isPreviewable] of LINKS) {
  Deno.test(`${isPreviewable ? "a preview" : "no preview"} for ${link.slice(0, 60)}`, () => {
    assert.equal(previewableUrl(link) !== undefined, isPreviewable);
  });
}

const linksTo = (count: number) =>
  Array.from({ length: count }, (_, number) => `https://example.com/${number}`);

Deno.test("of the links of a message each is previewed once", () => {
  const links = ["https://b.example/", "https://a.example/", "/x", "https://b.example/"];
  assert.deepEqual(previewableLinks(links), ["https://b.example/", "https://a.example/"]);
});

Deno.test("24 links are previewed, and of 25 none", () => {
  assert.equal(previewableLinks(linksTo(24)).length, 24);
  assert.deepEqual(previewableLinks(linksTo(25)), []);
  assert.equal(previewableLinks([...linksTo(24), ...linksTo(24)]).length, 24);
});
