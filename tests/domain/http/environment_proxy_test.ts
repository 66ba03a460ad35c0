import assert from "node:assert/strict";
import { environmentProxy } from "../../../lib/domain/http/environment_proxy.ts";

const PROXY = "http://proxy:3128";

const ROWS: readonly [
  what: string,
  url: string,
  env: Readonly<Record<string, string>>,
  proxy: string | undefined,
][] = [
  ["no proxy", "http://rabbit:15672/", {}, undefined],
  ["a proxy of HTTP", "http://rabbit:15672/", { http_proxy: PROXY }, "http_proxy"],
  ["one in upper case", "http://rabbit:15672/", { HTTP_PROXY: PROXY }, "HTTP_PROXY"],
  ["a proxy of the other protocol", "https://rabbit/", { http_proxy: PROXY }, undefined],
  ["a proxy of all protocols", "https://rabbit/", { ALL_PROXY: PROXY }, "ALL_PROXY"],
  ["an empty one", "http://rabbit/", { http_proxy: "" }, undefined],
  ["an exempt host", "http://rabbit/", { http_proxy: PROXY, NO_PROXY: "a, rabbit" }, undefined],
  [
    "an exempt domain",
    "http://rabbit.lan/",
    { http_proxy: PROXY, no_proxy: ".lan" },
    undefined,
  ],
  ["all exempt", "http://rabbit/", { http_proxy: PROXY, no_proxy: "*" }, undefined],
  ["another exempt host", "http://rabbit/", { http_proxy: PROXY, no_proxy: "bit" }, "http_proxy"],
];

for (const [what, url, env, proxy] of ROWS) {
  Deno.test(`the proxy of a call with ${what}`, () => {
    assert.equal(environmentProxy(new URL(url), env), proxy);
  });
}
