import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("mail comes from addresses of EXTERNAL_HOST, without its port, where none are set", () => {
  const { mail, site } = loadConfig({ EXTERNAL_HOST: "zulip.example.com:8443" });
  assert.equal(site.externalHost, "zulip.example.com:8443");
  assert.equal(site.administrator, "support@zulip.example.com");
  assert.equal(site.installationName, "zulip.example.com:8443");
  assert.equal(mail.noreplyAddress, "noreply@zulip.example.com");
  assert.equal(mail.tokenizedNoreplyAddress, "noreply-{token}@zulip.example.com");
});

Deno.test("addresses of mail can be set, and tokens left out", () => {
  const set = {
    NOREPLY_EMAIL_ADDRESS: "no@example.com",
    TOKENIZED_NOREPLY_EMAIL_ADDRESS: "no+{token}@example.com",
    ZULIP_ADMINISTRATOR: "help@example.com",
  };
  const { mail, site } = loadConfig(set);
  assert.equal(mail.noreplyAddress, "no@example.com");
  assert.equal(mail.tokenizedNoreplyAddress, "no+{token}@example.com");
  assert.equal(site.administrator, "help@example.com");
  const without = loadConfig({ ...set, ADD_TOKENS_TO_NOREPLY_ADDRESS: "false" });
  assert.equal(without.mail.tokenizedNoreplyAddress, undefined);
});

Deno.test("EMAIL_GATEWAY_PATTERN is none by default, and where it is empty", () => {
  const pattern = (set: Record<string, string>) => loadConfig(set).mail.gatewayPattern;
  assert.equal(pattern({}), undefined);
  assert.equal(pattern({ EMAIL_GATEWAY_PATTERN: "" }), undefined);
  assert.equal(pattern({ EMAIL_GATEWAY_PATTERN: "%s@in.example.com" }), "%s@in.example.com");
});

Deno.test("EMAIL_USE_TLS and EMAIL_USE_SSL say how the connection to the SMTP server is encrypted", () => {
  const encryption = (set: Record<string, string>) => loadConfig(set).mail.encryption;
  assert.equal(encryption({}), "none");
  assert.equal(encryption({ EMAIL_USE_TLS: "true" }), "starttls");
  assert.equal(encryption({ EMAIL_USE_SSL: "true" }), "tls");
});

const WRONG: readonly (readonly [Record<string, string>, string])[] = [
  [
    { EMAIL_USE_TLS: "true", EMAIL_USE_SSL: "true" },
    "EMAIL_USE_SSL: it is true, and EMAIL_USE_TLS too; set EMAIL_USE_TLS for port 587, or " +
    "EMAIL_USE_SSL for port 465",
  ],
  [
    { EMAIL_HOST_USER: "zulip" },
    "EMAIL_HOST_PASSWORD: it is not set, but EMAIL_HOST_USER is; set both or none",
  ],
  [
    { EMAIL_DKIM_DOMAIN: "example.com", EMAIL_DKIM_KEY_FILE: "/etc/dkim.pem" },
    "EMAIL_DKIM_SELECTOR: it is not set, but another setting of DKIM is; set EMAIL_DKIM_DOMAIN, " +
    "EMAIL_DKIM_SELECTOR and EMAIL_DKIM_KEY_FILE, or none of them",
  ],
  ...["smtp://mail.example.com", "10:25"].map((host) =>
    [
      { EMAIL_HOST: host },
      `EMAIL_HOST: "${host}" is not valid; set it to a host name or an IP address, without a port`,
    ] as const
  ),
  [
    { NOREPLY_EMAIL_ADDRESS: "Zulip <noreply@example.com>" },
    'NOREPLY_EMAIL_ADDRESS: "Zulip <noreply@example.com>" is not valid; set it to an e-mail ' +
    "address without a name, such as noreply@example.com",
  ],
  [
    { TOKENIZED_NOREPLY_EMAIL_ADDRESS: "noreply@example.com" },
    'TOKENIZED_NOREPLY_EMAIL_ADDRESS: "noreply@example.com" is not valid; set it to an e-mail ' +
    "address with {token} in it",
  ],
  ...["mail@example.com", "%s@", "%s%s@example.com"].map((pattern) =>
    [
      { EMAIL_GATEWAY_PATTERN: pattern },
      `EMAIL_GATEWAY_PATTERN: "${pattern}" is not valid; set it to an e-mail address with %s in ` +
      "it, once",
    ] as const
  ),
  [
    { EXTERNAL_HOST: "https://zulip.example.com" },
    'EXTERNAL_HOST: "https://zulip.example.com" is not valid; set it to a host name, with a port ' +
    "where there is one: zulip.example.com",
  ],
  [
    { TIME_ZONE: "Berlin" },
    'TIME_ZONE: "Berlin" is not valid; set it to a time zone of the IANA database, such as ' +
    "Europe/Berlin",
  ],
  [
    { LANGUAGE_CODE: "english!" },
    'LANGUAGE_CODE: "english!" is not valid; set it to a language, such as en or pt-BR',
  ],
];

for (const [set, expected] of WRONG) {
  Deno.test(`settings of mail are refused: ${Object.keys(set).join(" and ")}`, () => {
    assert.deepEqual(problems(set), [expected]);
  });
}

Deno.test("the password of the SMTP server is never shown", () => {
  const { effective } = loadConfig({ EMAIL_HOST_USER: "u", EMAIL_HOST_PASSWORD: "hunter2" });
  assert(!JSON.stringify(effective).includes("hunter2"));
});
