import assert from "node:assert/strict";
import { AllowList } from "../../../lib/domain/http/allow_list.ts";
import { HttpError } from "../../../lib/domain/http/http_error.ts";
import { targetOf } from "../../../lib/domain/http/target.ts";
import { LOOPBACK, NO_ADDRESS, PORTS, PRIVATE } from "../../fixtures/http/attacks.ts";

const NONE = new AllowList();

for (
  const [kinds, urls] of [
    // The host of one of the spellings is that of the part before the #, which is a public name.
    [["forbidden", "bad url"], LOOPBACK.filter((url) => !url.startsWith("http://public.example#"))],
    [["forbidden"], PRIVATE],
    [["forbidden"], PORTS],
    [["bad url"], NO_ADDRESS],
  ] as const
) {
  for (const url of urls.map((url) => url.replace("PORT", "8080"))) {
    Deno.test(`the address ${JSON.stringify(url).slice(0, 80)} is refused`, () => {
      assert.throws(() => targetOf(url, NONE), (error) => {
        assert(error instanceof HttpError);
        assert((kinds as readonly string[]).includes(error.kind), error.kind);
        assert.equal(error.mayHaveArrived, false);
        return true;
      });
    });
  }
}

Deno.test("an address is read as it will be called", () => {
  const cases: [string, string, number, boolean, string][] = [
    ["http://Public.Example", "public.example", 80, false, "http://public.example/"],
    ["https://public.example:443/a?b#c", "public.example", 443, true, "https://public.example/a?b"],
    [
      "https://public.example.:8443/",
      "public.example",
      8443,
      true,
      "https://public.example.:8443/",
    ],
    [
      "http://bücher.example/ä b",
      "xn--bcher-kva.example",
      80,
      false,
      "http://xn--bcher-kva.example/%C3%A4%20b",
    ],
    ["http://a_b.example/", "a_b.example", 80, false, "http://a_b.example/"],
    ["http://8.8.8.8/", "8.8.8.8", 80, false, "http://8.8.8.8/"],
    ["http://[2606:4700::1111]/", "2606:4700::1111", 80, false, "http://[2606:4700::1111]/"],
  ];
  for (const [text, host, port, isSecure, href] of cases) {
    const target = targetOf(text, NONE);
    assert.deepEqual(
      [target.host, target.port, target.isSecure, target.url.href],
      [host, port, isSecure, href],
    );
  }
});

Deno.test("the message names the host and neither path nor query", () => {
  const message = (url: string) => {
    try {
      targetOf(url, NONE);
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
    return "";
  };
  const cases: [string, string][] = [
    ["http://10.0.0.1/secret?secret", "10.0.0.1:80 is not called: the address is not public"],
    ["http://[::1]/secret", "[::1]:80 is not called: the address is not public"],
    [
      "http://a.example:25/secret",
      "a.example:25 is not called: its port belongs to another protocol",
    ],
    ["secret", "The address is not a URL"],
    ["ftp://secret", "The address does not begin with http:// or https://"],
    ["http://me:secret@a.example", "The address has a user or a password in it"],
    ["http://a.example/\n", "The address has a control character or a backslash in it"],
    ["http://a..example/", "The address has no valid host"],
    [`http://a.example/${"a".repeat(9000)}`, "The address is longer than 8192 characters"],
  ];
  for (const [url, expected] of cases) assert.equal(message(url), expected);
});
