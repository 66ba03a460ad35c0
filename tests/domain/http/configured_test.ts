import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { httpRules } from "../../../lib/domain/http/configured.ts";
import { problems } from "../../fixtures/config.ts";
import { useCertificates } from "../../fixtures/http/certificates.ts";

const certificates = useCertificates();

function rulesOf(environment: Record<string, string>) {
  return httpRules(loadConfig(environment));
}

/** Calls a function with the path of a file that has the text. */
function withFile(text: string, fn: (path: string) => void): void {
  const path = Deno.makeTempFileSync({ prefix: "pq-http-" });
  try {
    Deno.writeTextFileSync(path, text);
    fn(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("without settings there is no proxy, and only public addresses are called", () => {
  const { proxy, allowed, ca } = rulesOf({});
  assert.deepEqual([proxy, ca], [{ http: undefined, https: undefined }, undefined]);
  assert(!allowed?.allowsAddress("127.0.0.1", { host: "localhost", port: 80 }));
});

Deno.test("the settings give the proxies, what is allowed, and the authorities", () => {
  withFile(certificates().ca, (path) => {
    const { proxy, allowed, ca } = rulesOf({
      HTTP_proxy: "http://localhost:4750",
      HTTPS_proxy: "http://me:s3cret@127.0.0.1:4751/",
      OUTGOING_ALLOWED_HOSTS: "hooks.intern, 10.1.0.0/16,",
      OUTGOING_CA_FILE: path,
    });
    assert.equal(proxy?.http?.href, "http://localhost:4750/");
    assert.equal(proxy?.https?.password, "s3cret");
    assert(allowed?.allowsAddress("10.1.2.3", { host: "a.example", port: 80 }));
    assert(allowed?.allowsAddress("127.0.0.1", { host: "hooks.intern", port: 80 }));
    assert.equal(ca, certificates().ca);
  });
});

Deno.test("a proxy's password is not shown", () => {
  const { effective } = loadConfig({ HTTPS_proxy: "http://me:s3cret@localhost:4750" });
  assert(!JSON.stringify(effective).includes("s3cret"));
  assert(effective.some(({ value }) => value === "http://me:***@localhost:4750"));
});

for (
  const proxy of ["localhost:4750", "https://localhost:4750", "http://localhost:4750/x", "http://"]
) {
  Deno.test(`HTTP_proxy cannot be ${proxy}`, () => {
    assert.deepEqual(problems({ HTTP_proxy: proxy }), [
      "HTTP_proxy: its value is not valid; set it to the address of a proxy, such as " +
      "http://localhost:4750",
    ]);
  });
}

Deno.test("OUTGOING_ALLOWED_HOSTS cannot have what is no host and no network", () => {
  assert.deepEqual(problems({ OUTGOING_ALLOWED_HOSTS: "hooks.intern, *.intern" }), [
    'OUTGOING_ALLOWED_HOSTS: "hooks.intern, *.intern" is not valid; set it to names, hosts with a ' +
    "port and networks, such as hooks.intern, hooks.intern:8080, 10.1.0.0/16",
  ]);
});

Deno.test("a file of authorities that cannot be used is named with its setting", () => {
  assert.throws(() => rulesOf({ OUTGOING_CA_FILE: "/nonexistent/ca.pem" }), {
    name: "HttpSettingError",
    message: "OUTGOING_CA_FILE is /nonexistent/ca.pem, which cannot be read: ENOENT",
  });
  const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const text of ["", "hello", damaged]) {
    withFile(text, (path) => {
      assert.throws(() => rulesOf({ OUTGOING_CA_FILE: path }), {
        message: `OUTGOING_CA_FILE is ${path}, which has no valid certificate in PEM format: set ` +
          "it to a file with the certificates of the authorities that are trusted",
      });
    });
  }
});
