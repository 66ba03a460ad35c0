import assert from "node:assert/strict";
import { passwordInClear, type SmtpSettings } from "../../../lib/domain/mail/smtp_settings.ts";

const REMOTE: SmtpSettings = {
  host: "mail.example",
  port: 25,
  user: "zulip",
  password: "s3cret",
  encryption: "none",
  timeoutSeconds: 20,
};
const WARNING =
  "the password goes to mail.example without encryption: set EMAIL_USE_TLS, or EMAIL_USE_SSL";

const CASES: readonly [what: string, Partial<SmtpSettings>, warning: string | undefined][] = [
  ["to another host", {}, WARNING],
  ["to localhost", { host: "localhost" }, undefined],
  ["to 127.0.0.2", { host: "127.0.0.2" }, undefined],
  ["to ::1", { host: "::1" }, undefined],
  ["with STARTTLS", { encryption: "starttls" }, undefined],
  ["with TLS", { encryption: "tls" }, undefined],
  ["without a login", { user: undefined }, undefined],
];

for (const [what, settings, warning] of CASES) {
  Deno.test(`a password ${what} is ${warning ? "" : "not "}warned of`, () => {
    assert.equal(passwordInClear({ ...REMOTE, ...settings }), warning);
  });
}
