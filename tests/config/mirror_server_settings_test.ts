import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("mail to postmaster goes to the administrator, unless MIRROR_POSTMASTER says where", () => {
  const postmaster = (env: Record<string, string>) => loadConfig(env).mirrorServer.postmaster;
  const ZULIP_ADMINISTRATOR = "admin@example.com";
  assert.equal(postmaster({ ZULIP_ADMINISTRATOR }), ZULIP_ADMINISTRATOR);
  const MIRROR_POSTMASTER = "mail@example.com";
  assert.equal(postmaster({ ZULIP_ADMINISTRATOR, MIRROR_POSTMASTER }), MIRROR_POSTMASTER);
});

Deno.test("limits of mails are pairs, or none", () => {
  const rules = (text: string) =>
    loadConfig({ RATE_LIMITING_MIRROR_REALM_RULES: text }).mirrorServer.rateRules;
  assert.deepEqual(rules(" 10:1 , 20:2"), [{ seconds: 10, mails: 1 }, { seconds: 20, mails: 2 }]);
  assert.deepEqual(rules("[[10,1],[20,2]]"), rules("10:1,20:2"));
  assert.deepEqual([rules("none"), rules("[]")], [[], []]);
  for (const text of ["60", "60:0", "0:1", "60:50,", "60:50;300:120", "[(60, 50)]", "-1:5"]) {
    assert.deepEqual(problems({ RATE_LIMITING_MIRROR_REALM_RULES: text }), [
      `RATE_LIMITING_MIRROR_REALM_RULES: "${text}" is not valid; set it to limits such as ` +
      "60:50,300:120 (50 mails in 60 s, 120 in 300 s), or none",
    ], text);
  }
});

Deno.test("a certificate of the server of the mail mirror needs its key, and MIRROR_TLS both", () => {
  const fix = "set MIRROR_CERT_FILE and MIRROR_KEY_FILE, or neither of them and no MIRROR_TLS";
  const missing = (name: string, needing: string) =>
    `${name}: it is not set, but ${needing} is; ${fix}`;
  assert.deepEqual(problems({ MIRROR_CERT_FILE: "a" }), [
    missing("MIRROR_KEY_FILE", "MIRROR_CERT_FILE"),
  ]);
  assert.deepEqual(problems({ MIRROR_KEY_FILE: "a" }), [
    missing("MIRROR_CERT_FILE", "MIRROR_KEY_FILE"),
  ]);
  assert.deepEqual(problems({ MIRROR_TLS: "required" }), [
    missing("MIRROR_CERT_FILE", "MIRROR_TLS"),
    missing("MIRROR_KEY_FILE", "MIRROR_TLS"),
  ]);
  const { tls } = loadConfig({
    ...{ MIRROR_CERT_FILE: "/c", MIRROR_KEY_FILE: "/k", MIRROR_TLS: "IMPLICIT" },
  }).mirrorServer;
  assert.deepEqual(tls, { mode: "implicit", certFile: "/c", keyFile: "/k" });
});
