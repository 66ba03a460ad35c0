import assert from "node:assert/strict";
import { makeCertificates } from "../../scripts/rabbitmq/certificates.ts";
import { readTlsFiles, tlsFileProblems } from "../../lib/modes/tls_files.ts";
import { inFolder } from "../domain/database/each_database.ts";

const NONE = { caFile: undefined, certFile: undefined, keyFile: undefined };
const encode = (text: string) => new TextEncoder().encode(text);
const certificates = (folder: string) =>
  makeCertificates(folder, { PATH: Deno.env.get("PATH") ?? "" });

/** The problems of one file with these bytes. */
async function problemsIn(
  path: string,
  setting: keyof typeof NONE,
  bytes: Uint8Array,
): Promise<string[]> {
  await Deno.writeFile(path, bytes);
  return tlsFileProblems({ broker: { ...NONE, [setting]: path } })
    .map(({ setting, wrong }) => `${setting}: ${wrong.replace(path, "FILE")}`);
}

Deno.test("readTlsFiles reads a certificate and its key, and passes over a byte order mark", () =>
  inFolder(async (folder) => {
    const { caFile, clientCertFile: certFile, clientKeyFile: keyFile } = await certificates(folder);
    const [ca, cert, key] = await Promise.all(
      [caFile, certFile, keyFile].map((path) => Deno.readTextFile(path)),
    );
    await Deno.writeTextFile(caFile, `\ufeff${ca}`);
    assert.deepEqual(readTlsFiles({ caFile, certFile, keyFile }), { ca, cert, key });
  }));

Deno.test("readTlsFiles refuses the key of another certificate", () =>
  inFolder(async (folder) => {
    const { clientCertFile: certFile, keyFile } = await certificates(folder);
    assert.throws(() => readTlsFiles({ caFile: undefined, certFile, keyFile }), {
      name: "ConfigError",
      message: /AMQP_KEY_FILE: it is not the key of AMQP_CERT_FILE; set it to a file with the key/,
    });
  }));

const PROBLEMS: readonly [keyof typeof NONE, content: string | Uint8Array, problem: string][] = [
  ["caFile", "nothing", "AMQP_CA_FILE: there is no certificate in PEM format in FILE"],
  ["certFile", "nothing", "AMQP_CERT_FILE: there is no certificate in PEM format in FILE"],
  [
    "keyFile",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
    "AMQP_KEY_FILE: there is no private key that is not encrypted in PEM format in FILE",
  ],
  [
    "caFile",
    Uint8Array.from([0xff, 0xfe, 0x2d, 0]),
    "AMQP_CA_FILE: FILE cannot be read: it is not UTF-8: save it as UTF-8, as with iconv -t UTF-8",
  ],
];

for (const [setting, content, problem] of PROBLEMS) {
  Deno.test(`tlsFileProblems reports ${problem}`, () =>
    inFolder(async (folder) => {
      const bytes = typeof content === "string" ? encode(content) : content;
      assert.deepEqual(await problemsIn(`${folder}/file.pem`, setting, bytes), [problem]);
    }));
}

Deno.test("readTlsFiles says that a certificate is damaged", () =>
  inFolder(async (folder) => {
    const { clientCertFile: certFile, clientKeyFile: keyFile } = await certificates(folder);
    await Deno.writeTextFile(
      certFile,
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    assert.throws(() => readTlsFiles({ caFile: undefined, certFile, keyFile }), {
      message: /AMQP_CERT_FILE: its certificate, or the key of AMQP_KEY_FILE, is damaged/,
    });
  }));
