import assert from "node:assert/strict";
import { camoUrl } from "../../../lib/domain/previews/camo.ts";

Deno.test("an image is loaded through the proxy, signed by HMAC-SHA-1", () => {
  // The example of RFC 2202's kind that is known for this key and text.
  const text = "The quick brown fox jumps over the lazy dog";
  const hex =
    "54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67";
  assert.equal(
    camoUrl(text, { uri: "/external_content/", key: "key" }),
    `/external_content/de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9/${hex}`,
  );
});

Deno.test("without a proxy an image is loaded from where it is", () => {
  assert.equal(camoUrl("https://i.example/ä.png", undefined), "https://i.example/ä.png");
});
