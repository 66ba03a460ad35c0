import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("links have previews, and images come from where they are, unless it is said", () => {
  assert.deepEqual(loadConfig({}).previews, { isEnabled: true, camo: undefined });
});

Deno.test("previews and the proxy of images are set as in Zulip", () => {
  for (const uri of ["/external_content/", "https://camo.example.com/", "//camo.example/"]) {
    const given = { INLINE_URL_EMBED_PREVIEW: "false", CAMO_URI: uri, CAMO_KEY: "sesame" };
    const { previews, effective } = loadConfig(given);
    assert.deepEqual(previews, { isEnabled: false, camo: { uri, key: "sesame" } });
    assert.equal(effective.find(({ name }) => name === "CAMO_KEY")?.value, "***");
  }
});

Deno.test("the proxy of images needs its key", () => {
  assert.deepEqual(problems({ CAMO_URI: "/external_content/" }), [
    "CAMO_KEY: it is not set, but CAMO_URI is; set it to the key of the proxy, or do not set CAMO_URI",
  ]);
});

for (
  const uri of ["external_content/", "/external_content", 'https://a/"/', "ftp://a/"]
) {
  Deno.test(`CAMO_URI cannot be ${uri}`, () => {
    assert.match(
      problems({ CAMO_URI: uri, CAMO_KEY: "k" })[0] ?? "",
      /^CAMO_URI: .*is not valid; se/,
    );
  });
}
