import assert from "node:assert/strict";
import { realmApi, realmPage, type Site } from "../../../lib/domain/users/realm_host.ts";

const SITE: Site = { externalHost: "zulip.example:8443", scheme: "https://" };

const APIS: readonly [realm: string, zulipSite: string | undefined, url: string][] = [
  ["", undefined, "https://zulip.example:8443"],
  ["acme", undefined, "https://acme.zulip.example:8443"],
  ["", "http://zulip.intern:9000/", "http://zulip.intern:9000"],
  ["acme", "http://zulip.intern", "http://acme.zulip.intern"],
  ["acme", "http://127.0.0.1:9991", "http://127.0.0.1:9991"],
  ["acme", "http://[::1]:9991", "http://[::1]:9991"],
];

Deno.test("the API of a realm is below ZULIP_SITE, but where that is an IP address", () => {
  for (const [realm, zulipSite, url] of APIS) {
    assert.equal(realmApi(realm, { ...SITE, zulipSite }), url);
  }
});

Deno.test("users find a realm under EXTERNAL_HOST", () => {
  const site = { ...SITE, zulipSite: "http://zulip.intern" };
  assert.equal(realmPage("", site), "https://zulip.example:8443");
  assert.equal(realmPage("acme", site), "https://acme.zulip.example:8443");
});
