import assert from "node:assert/strict";
import { describeCertificate, describeEncryption } from "../../../lib/domain/mail/encryption.ts";

const validTo = "Dec 29 22:46:37 2026 GMT";

const CERTIFICATES: readonly [Parameters<typeof describeCertificate>[0], string][] = [
  [
    { commonName: "a", alternativeNames: "DNS:mail.example, IP Address:192.0.2.1", validTo },
    "certificate of mail.example, 192.0.2.1, valid until 2026-12-29",
  ],
  [
    { commonName: "a", alternativeNames: "DNS:a, DNS:b, DNS:c, DNS:d, DNS:e", validTo },
    "certificate of a, b, c and 2 more names, valid until 2026-12-29",
  ],
  [
    { commonName: "mail.example", alternativeNames: undefined, validTo },
    "certificate of mail.example, valid until 2026-12-29",
  ],
  [
    { commonName: undefined, alternativeNames: undefined, validTo: "some day" },
    "certificate of no name, valid until some day",
  ],
];

for (const [certificate, text] of CERTIFICATES) {
  Deno.test(`A certificate is described as ${text}`, () => {
    assert.equal(describeCertificate(certificate), text);
  });
}

Deno.test("A connection that is not encrypted has no certificate to describe", () => {
  assert.equal(describeEncryption(null), undefined);
});
