import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("the settings of bots and of the server's API are read", () => {
  const { bots, site } = loadConfig({
    OUTGOING_WEBHOOK_TIMEOUT_SECONDS: "3",
    OUTGOING_SIGNING_SECRET: "s3cret",
    USER_STATE_SIZE_LIMIT: "100",
    ZULIP_SITE: "https://zulip.example:8443",
  });
  assert.deepEqual(bots, { timeoutSeconds: 3, signingSecret: "s3cret", stateSizeLimit: 100 });
  assert.equal(site.zulipSite, "https://zulip.example:8443");
});

Deno.test("the secret that signs requests is never shown", () => {
  const { effective } = loadConfig({ OUTGOING_SIGNING_SECRET: "s3cret" });
  assert(!JSON.stringify(effective).includes("s3cret"));
});

const WRONG = ["zulip.example", "ftp://zulip.example", "https://zulip.example/api", "https://u@x"];

Deno.test("what is no address of a server is refused", () => {
  for (const text of WRONG) {
    const [problem = ""] = problems({ ZULIP_SITE: text });
    assert.match(problem, /^ZULIP_SITE: .*set it to .*https:\/\/zulip\.example\.com$/, text);
  }
});
