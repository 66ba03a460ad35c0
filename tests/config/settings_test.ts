import assert from "node:assert/strict";
import { SETTINGS } from "../../lib/config/settings.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("SETTINGS has one entry for each setting, and defaults that are valid", () => {
  const names = SETTINGS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const defaults = SETTINGS.filter((each) =>
    each.default !== undefined && !each.default.includes("<") && !each.name.startsWith("RABBITMQ_")
  ).map((each) => [each.name, each.default]);
  assert.deepEqual(problems(Object.fromEntries(defaults)), []);
});

Deno.test("SETTINGS says which settings are secret", () => {
  const secrets = SETTINGS.filter(({ secret }) => secret).map(({ name }) => name);
  assert.deepEqual(secrets, [
    "AMQP_URL",
    "RABBITMQ_PASSWORD",
    "DATABASE_URL",
    "SENTRY_DSN",
    "EMAIL_HOST_PASSWORD",
    "ZULIP_ORG_KEY",
    "APNS_TOKEN_KEY_ID",
    "APNS_TEAM_ID",
    "HTTP_proxy",
    "HTTPS_proxy",
    "CAMO_KEY",
    "OUTGOING_SIGNING_SECRET",
    "SHARED_SECRET",
  ]);
});
