import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

const BOUNCER = {
  ZULIP_SERVICE_PUSH_NOTIFICATIONS: "true",
  ZULIP_ORG_ID: "6cde5f7a",
  ZULIP_ORG_KEY: "s3cret-k3y",
};
const APPLE = {
  APNS_TOKEN_KEY_FILE: "/etc/apns.p8",
  APNS_TOKEN_KEY_ID: "ABCDE12345",
  APNS_TEAM_ID: "FGHIJ67890",
};

Deno.test("no pushes are configured by default, and their patience is an hour", () => {
  assert.deepEqual(loadConfig({}).push, {
    bouncer: undefined,
    apns: undefined,
    fcm: undefined,
    caFile: undefined,
    patienceSeconds: 3600,
  });
});

Deno.test("the push bouncer is used where ZULIP_SERVICE_PUSH_NOTIFICATIONS is true", () => {
  const { ZULIP_ORG_ID: orgId, ZULIP_ORG_KEY: orgKey } = BOUNCER;
  const bouncer = { url: "https://push.zulipchat.com", orgId, orgKey };
  assert.deepEqual(loadConfig(BOUNCER).push.bouncer, bouncer);
  const other = loadConfig({ ...BOUNCER, ZULIP_SERVICES_URL: "https://push.example:8443/" });
  assert.equal(other.push.bouncer?.url, "https://push.example:8443");
  const off = loadConfig({ ...BOUNCER, ZULIP_SERVICE_PUSH_NOTIFICATIONS: "false" });
  assert.equal(off.push.bouncer, undefined);
});

Deno.test("APNs is called in Apple's sandbox, unless APNS_SANDBOX is false", () => {
  const url = (more: Record<string, string>) => loadConfig({ ...APPLE, ...more }).push.apns?.url;
  assert.equal(url({}), "https://api.sandbox.push.apple.com");
  assert.equal(url({ APNS_SANDBOX: "false" }), "https://api.push.apple.com");
  assert.equal(url({ APNS_URL: "https://127.0.0.1:2197" }), "https://127.0.0.1:2197");
});

Deno.test("APNs takes a key with its ids, or a certificate", () => {
  assert.deepEqual(loadConfig(APPLE).push.apns?.credentials, {
    kind: "key",
    keyFile: "/etc/apns.p8",
    keyId: "ABCDE12345",
    teamId: "FGHIJ67890",
  });
  const { push } = loadConfig({ APNS_CERT_FILE: "/etc/apns.pem" });
  assert.deepEqual(push.apns?.credentials, { kind: "certificate", certFile: "/etc/apns.pem" });
});

Deno.test("FCM takes the file of a service account", () => {
  assert.deepEqual(loadConfig({ ANDROID_FCM_CREDENTIALS_PATH: "/etc/fcm.json" }).push.fcm, {
    url: "https://fcm.googleapis.com",
    credentialsFile: "/etc/fcm.json",
  });
});

Deno.test("the keys of pushes are not shown", () => {
  const { effective } = loadConfig({ ...BOUNCER, ...APPLE });
  const text = JSON.stringify(effective);
  assert(!text.includes(BOUNCER.ZULIP_ORG_KEY));
  assert(!text.includes(APPLE.APNS_TOKEN_KEY_ID));
  assert(!text.includes(APPLE.APNS_TEAM_ID));
});

const ADDRESS =
  "is not valid; set it to an address with https:// and a host, without a user and a path";

const WRONG: readonly (readonly [Record<string, string>, string])[] = [
  [
    { ...BOUNCER, ZULIP_ORG_KEY: "" },
    "ZULIP_ORG_KEY: it is not set, but ZULIP_SERVICE_PUSH_NOTIFICATIONS is true; set it to what " +
    "`register_server` gave, which Zulip keeps in zulip-secrets.conf",
  ],
  [
    { ...BOUNCER, ZULIP_ORG_ID: "a:b" },
    'ZULIP_ORG_ID: "a:b" is not valid; set it to the id that `register_server` gave, without a colon',
  ],
  [
    { ...APPLE, APNS_TEAM_ID: "" },
    "APNS_TEAM_ID: it is not set, but APNS_TOKEN_KEY_FILE is; set it to what Apple's developer " +
    "account shows for the key",
  ],
  [
    { ...APPLE, APNS_TOKEN_KEY_ID: "abc" },
    "APNS_TOKEN_KEY_ID: its value is not valid; set it to the key's id: ten capital letters and " +
    "digits",
  ],
  [
    { ...APPLE, APNS_CERT_FILE: "/etc/apns.pem" },
    "APNS_CERT_FILE: it is set, and APNS_TOKEN_KEY_FILE too; remove APNS_CERT_FILE, which Apple's " +
    "key takes the place of",
  ],
  [
    { PUSH_PATIENCE_SECONDS: "59" },
    'PUSH_PATIENCE_SECONDS: "59" is not valid; set it to a whole number from 60 to 86400',
  ],
  ...["push.example", "http://push.example", "https://me@push.example", "https://push.example/api"]
    .map((url) =>
      [{ ZULIP_SERVICES_URL: url }, `ZULIP_SERVICES_URL: "${url}" ${ADDRESS}`] as const
    ),
];

for (const [set, expected] of WRONG) {
  Deno.test(`a setting of pushes is refused: ${expected.slice(0, 60)}`, () => {
    assert.deepEqual(problems(set), [expected]);
  });
}
