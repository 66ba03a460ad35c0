import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { loadConfig } from "../../../lib/config/config.ts";
import { openPushServices } from "../../../lib/domain/push/configured.ts";
import { PushSettingError } from "../../../lib/domain/push/credential_files.ts";

const PEM = { type: "pkcs8", format: "pem" } as const;
const ec = (namedCurve: string) =>
  generateKeyPairSync("ec", { namedCurve }).privateKey.export(PEM).toString();
const APPLE_KEY = ec("prime256v1");
const RSA_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(PEM)
  .toString();

const ACCOUNT = {
  type: "service_account",
  project_id: "zulip",
  client_email: "push@zulip.iam.gserviceaccount.com",
  private_key: RSA_KEY,
  token_uri: "https://oauth2.googleapis.com/token",
};

/** Opens the services that settings name, with a file whose path takes the place of FILE. */
async function open(text: string, environment: Record<string, string>): Promise<string[]> {
  const file = await Deno.makeTempFile({ prefix: "process-queue-push-" });
  try {
    await Deno.writeTextFile(file, text);
    const set = Object.entries(environment).map((
      [name, value],
    ) => [name, value.replace("FILE", file)]);
    await using services = openPushServices(loadConfig(Object.fromEntries(set)).push);
    return Object.entries(services).flatMap(([name, service]) => service ? [name] : []);
  } catch (error) {
    if (error instanceof PushSettingError) throw new Error(error.message.replace(file, "FILE"));
    throw error;
  } finally {
    await Deno.remove(file);
  }
}

const APPLE = {
  APNS_TOKEN_KEY_FILE: "FILE",
  APNS_TOKEN_KEY_ID: "ABCDE12345",
  APNS_TEAM_ID: "FGHIJ67890",
};
const GOOGLE = { ANDROID_FCM_CREDENTIALS_PATH: "FILE" };
const BOUNCER = { ZULIP_SERVICE_PUSH_NOTIFICATIONS: "true", ZULIP_ORG_ID: "a", ZULIP_ORG_KEY: "b" };

Deno.test("the services that are configured are opened, and none with a bouncer", async () => {
  assert.deepEqual(await open("", {}), []);
  assert.deepEqual(await open(APPLE_KEY, APPLE), ["apns"]);
  assert.deepEqual(await open(JSON.stringify(ACCOUNT), GOOGLE), ["fcm"]);
  assert.deepEqual(await open(APPLE_KEY, { ...APPLE, ...BOUNCER }), ["bouncer"]);
});

const NO_KEY = "which has no private key on the curve P-256 in PEM format: set it to the file " +
  "AuthKey_….p8 as Apple's developer account gives it";
const NO_ACCOUNT = (wrong: string) =>
  `which is not the key of a service account (wrong: ${wrong}): set it to the file that the ` +
  'Firebase console makes with "Generate new private key"';

const WRONG: readonly (readonly [string, string, Record<string, string>, string])[] = [
  ["an empty key of Apple's", "", APPLE, `APNS_TOKEN_KEY_FILE is FILE, ${NO_KEY}`],
  ["an RSA key for Apple", RSA_KEY, APPLE, `APNS_TOKEN_KEY_FILE is FILE, ${NO_KEY}`],
  ["another curve", ec("secp384r1"), APPLE, `APNS_TOKEN_KEY_FILE is FILE, ${NO_KEY}`],
  [
    "a missing key of Apple's",
    "",
    { ...APPLE, APNS_TOKEN_KEY_FILE: "/nonexistent/key" },
    "APNS_TOKEN_KEY_FILE is /nonexistent/key, which cannot be read: ENOENT",
  ],
  [
    "a certificate of Apple's without one",
    APPLE_KEY,
    { APNS_CERT_FILE: "FILE" },
    "APNS_CERT_FILE is FILE, which has no certificate in PEM format: set it to a file with Apple's " +
    "certificate and its private key, not encrypted",
  ],
  [
    "an invalid authority",
    "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
    { ...BOUNCER, PUSH_CA_FILE: "FILE" },
    "PUSH_CA_FILE is FILE, which has no valid certificate in PEM format: set it to a file with the " +
    "certificate of the authority that signed the push servers'",
  ],
  ["text for Google", "{", GOOGLE, NO_ACCOUNT("it is not JSON")],
  ["an app's file for Google", '{"project_info":{}}', GOOGLE, NO_ACCOUNT("type")],
  [
    "an account without a key",
    JSON.stringify({ ...ACCOUNT, private_key: "s3cret" }),
    GOOGLE,
    NO_ACCOUNT("private_key"),
  ],
  [
    "an account whose tokens are not encrypted",
    JSON.stringify({ ...ACCOUNT, token_uri: "http://oauth2.googleapis.com/token" }),
    GOOGLE,
    NO_ACCOUNT("token_uri"),
  ],
];

for (const [name, text, environment, message] of WRONG) {
  Deno.test(`a file of pushes is refused: ${name}`, async () => {
    const [setting] = Object.keys(environment);
    const expected = message.startsWith("which") ? `${setting} is FILE, ${message}` : message;
    await assert.rejects(open(text, environment), { message: expected });
  });
}
