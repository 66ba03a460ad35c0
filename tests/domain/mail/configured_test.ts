import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { loadConfig } from "../../../lib/config/config.ts";
import { mailIdentity, smtpSettings } from "../../../lib/domain/mail/configured.ts";
import { smtpTest } from "../../fixtures/smtp/smtp.ts";

const HOST = { EXTERNAL_HOST: "chat.example:8443", EMAIL_HOST: "mail.example" };
const DKIM = { EMAIL_DKIM_DOMAIN: "chat.example", EMAIL_DKIM_SELECTOR: "s1" };

function settings(environment: Record<string, string>) {
  return smtpSettings(loadConfig(environment));
}

/** Calls a function with the path of a file that has the text. */
function withFile(text: string, fn: (path: string) => void): void {
  const path = Deno.makeTempFileSync({ prefix: "pq-mail-" });
  try {
    Deno.writeTextFileSync(path, text);
    fn(path);
  } finally {
    Deno.removeSync(path);
  }
}

function pem(type: "rsa" | "ed25519" | "x25519"): string {
  const { privateKey } = type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : type === "ed25519"
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("x25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

Deno.test("the SMTP server knows this one by its host without the port", () => {
  const { host, port, encryption, clientName } = settings({ ...HOST, EMAIL_USE_TLS: "true" });
  assert.deepEqual(
    [host, port, encryption, clientName],
    ["mail.example", 25, "starttls", "chat.example"],
  );
});

Deno.test("mails are from the addresses of the settings", () => {
  const { noReply, tokenizedNoReply, externalHost } = mailIdentity(loadConfig(HOST));
  assert.equal(noReply, "noreply@chat.example");
  assert.equal(tokenizedNoReply, "noreply-{token}@chat.example");
  assert.equal(externalHost, "chat.example:8443");
});

Deno.test("without EMAIL_HOST there is no SMTP server, and the error names it", () => {
  assert.throws(() => settings({}), {
    name: "MailSettingError",
    message: "EMAIL_HOST is not set: set it to the SMTP server",
  });
});

Deno.test("a file of mail's settings that cannot be read is named with its setting", () => {
  assert.throws(() => settings({ ...HOST, EMAIL_CA_FILE: "/nonexistent/ca.pem" }), {
    message: "EMAIL_CA_FILE is /nonexistent/ca.pem, which cannot be read: ENOENT",
  });
  const EMAIL_DKIM_KEY_FILE = "/nonexistent/key.pem";
  assert.throws(() => settings({ ...HOST, ...DKIM, EMAIL_DKIM_KEY_FILE }), {
    message: "EMAIL_DKIM_KEY_FILE is /nonexistent/key.pem, which cannot be read: ENOENT",
  });
});

const NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

for (const text of ["", "Hello", NO_CERTIFICATE]) {
  Deno.test(`EMAIL_CA_FILE with ${JSON.stringify(text)} has no certificate`, () => {
    withFile(text, (path) => {
      assert.throws(() => settings({ ...HOST, EMAIL_CA_FILE: path }), {
        message:
          `EMAIL_CA_FILE is ${path}, which has no valid certificate in PEM format: set it to a ` +
          "file with the certificate of the authority that signed the SMTP server's",
      });
    });
  });
}

smtpTest("EMAIL_CA_FILE may have several certificates, and text around them", (smtp) => {
  const text = `An authority\n${smtp.ca}\n${smtp.ca}`;
  withFile(text, (path) => assert.equal(settings({ ...HOST, EMAIL_CA_FILE: path }).ca, text));
  return Promise.resolve();
});

for (const type of ["rsa", "ed25519"] as const) {
  Deno.test(`a key of the type ${type} signs mails`, () => {
    const key = pem(type);
    withFile(key, (path) => {
      const { dkim } = settings({ ...HOST, ...DKIM, EMAIL_DKIM_KEY_FILE: path });
      assert.deepEqual(dkim, { domain: "chat.example", selector: "s1", privateKey: key });
    });
  });
}

Deno.test("EMAIL_DKIM_KEY_FILE must have a key that can sign", () => {
  for (const text of ["", "Hello", pem("x25519")]) {
    withFile(text, (path) => {
      assert.throws(() => settings({ ...HOST, ...DKIM, EMAIL_DKIM_KEY_FILE: path }), {
        message:
          `EMAIL_DKIM_KEY_FILE is ${path}, which has no private key (RSA or Ed25519) in PEM ` +
          "format that is not encrypted: set it to the key whose public one is in the DNS",
      });
    });
  }
});
