import assert from "node:assert/strict";
import { certificatesIn, settingFile } from "../../lib/system/setting_file.ts";
import { useCertificates } from "../fixtures/http/certificates.ts";

const certificates = useCertificates();

class OneError extends Error {
  override readonly name = "OneError";
}

Deno.test("a setting's file that cannot be read is an error of the module's own class", () => {
  assert.throws(() => settingFile("X_FILE", "/nonexistent/x.pem", OneError), {
    name: "OneError",
    message: "X_FILE is /nonexistent/x.pem, which cannot be read: ENOENT",
  });
});

Deno.test("certificates are found between other text, and one that is damaged spoils them", () => {
  const ca = certificates().ca.trim();
  const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  assert.equal(certificatesIn(`An authority\n${ca}\nand again\n${ca}\n`), `${ca}\n${ca}`);
  assert.equal(certificatesIn(`${ca}\n${damaged}`), undefined);
  assert.equal(certificatesIn("An authority"), undefined);
});
