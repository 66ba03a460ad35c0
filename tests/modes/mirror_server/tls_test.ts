import assert from "node:assert/strict";
import { readCertificate } from "../../../lib/modes/mirror_server/certificate.ts";
import type { FrontTls } from "../../../lib/modes/mirror_server/smtp_front.ts";
import { makeCertificates, type TlsFiles } from "../../../scripts/rabbitmq/certificates.ts";
import { FrontBench } from "../../fixtures/mirror_server/front.ts";
import { MirrorBench } from "../../fixtures/mirror_server/server.ts";
import { RawSmtp } from "../../fixtures/smtp/raw_client.ts";

/** Registers a test with files of certificates. */
function tlsTest(name: string, test: (files: TlsFiles, folder: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "pq-tls-" });
    try {
      await test(await makeCertificates(folder, Deno.env.toObject()), folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

tlsTest(
  "SmtpFront encrypts by STARTTLS, from the first byte, or refuses mails without it, as it is set",
  async (files) => {
    const ca = Deno.readTextFileSync(files.caFile);
    const start = (mode: FrontTls["mode"]) =>
      FrontBench.start({ tls: { mode, ...readCertificate(files) } });
    await using optional = await start("optional");
    await using required = await start("required");
    await using implicit = await start("implicit");
    for (const bench of [optional, required]) {
      using client = await RawSmtp.open(bench.port);
      await client.reply();
      assert.match(await client.say("EHLO a.example"), /^250-STARTTLS$/m);
      assert.equal(
        await client.say("MAIL FROM:<a@example.com>"),
        bench === optional ? "250 Accepted" : "530 5.7.0 Must issue a STARTTLS command first",
      );
      // What is sent before the encryption is neither answered nor done within it.
      await client.send("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@example.com>\r\n");
      assert.match(await client.reply(), /^220 /);
      await client.startTls(ca);
      assert.match(await client.say("EHLO b.example"), /^250-mx\.example\n/);
      const answers = await client.transact(["ok@x.example"], "\r\nb");
      assert.deepEqual(answers, ["250 Accepted", "250 2.6.0 OK"]);
      const { sender, helo, protocol } = bench.taken[0]?.origin ?? {};
      assert.deepEqual([sender, helo, protocol], ["ada@example.com", "b.example", "ESMTPS"]);
    }
    using client = await RawSmtp.open(implicit.port, ca);
    assert.match(await client.reply(), /^220 /);
    assert.doesNotMatch(await client.say("EHLO a.example"), /STARTTLS/);
    assert.match((await client.transact(["ok@x.example"], "\r\nb")).join(), /250 2\.6\.0 OK$/);
  },
);

tlsTest("SmtpFront stays there for others when a client speaks no TLS", async (files) => {
  const tls = { mode: "implicit", ...readCertificate(files) } as const;
  await using bench = await FrontBench.start({ tls });
  using plain = await RawSmtp.open(bench.port);
  await plain.send("EHLO a.example\r\n");
  assert.doesNotMatch(await plain.rest(), /250/);
  using client = await RawSmtp.open(bench.port, Deno.readTextFileSync(files.caFile));
  assert.match(await client.reply(), /^220 /);
});

tlsTest(
  "the server uses a certificate that was replaced, and keeps the last where the new is not valid",
  async (files, folder) => {
    const [cert, key] = [`${folder}/used.pem`, `${folder}/used-key.pem`];
    const use = (certFile: string, keyFile: string) => {
      Deno.copyFileSync(certFile, cert);
      Deno.copyFileSync(keyFile, key);
    };
    use(files.certFile, files.keyFile);
    const env = { MIRROR_TLS: "implicit", MIRROR_CERT_FILE: cert, MIRROR_KEY_FILE: key };
    const bench = new MirrorBench({ DATABASE_URL: "sqlite::memory:", ...env });
    const { lines } = bench;
    await using server = bench.server;
    await bench.listen();
    const oldAuthority = Deno.readTextFileSync(files.caFile);
    await Deno.mkdir(`${folder}/new`);
    const other = await makeCertificates(`${folder}/new`, Deno.env.toObject());
    const newAuthority = Deno.readTextFileSync(other.caFile);
    const connects = async (ca: string) => {
      using client = await RawSmtp.open(bench.port, ca);
      return await client.reply();
    };
    use(other.certFile, files.keyFile);
    server.renewCertificate();
    assert.match(await connects(oldAuthority), /^220 /);
    use(other.certFile, other.keyFile);
    server.renewCertificate();
    server.renewCertificate();
    assert.match(await connects(newAuthority), /^220 /);
    assert.equal(await connects(oldAuthority), "");
    assert.deepEqual(lines.slice(1), [
      "warning: The new certificate cannot be used, so the last one stays in use: the " +
      `configuration has a problem: MIRROR_KEY_FILE: ${key} is not the key of MIRROR_CERT_FILE; ` +
      "set it to the file with the key of the certificate",
      `info: The certificate of ${cert} was replaced, and is used from now on`,
    ]);
    await server.stop();
  },
);

tlsTest("readCertificate says which file is not what it must be", async (files, folder) => {
  const { certFile, keyFile } = files;
  const text = `${folder}/text`;
  await Deno.writeTextFile(text, "no certificate");
  const fix = (what: string) =>
    `set it to a file with a ${what} in PEM format, which this user may`;
  const cases: readonly (readonly [cert: string, key: string, message: string])[] = [
    [
      text,
      keyFile,
      `MIRROR_CERT_FILE: there is no certificate in PEM format in ${text}; ${fix("certificate")}`,
    ],
    [
      certFile,
      certFile,
      `MIRROR_KEY_FILE: there is no private key that is not encrypted in PEM format in ${certFile}`,
    ],
    [certFile, `${folder}/none`, `MIRROR_KEY_FILE: ${folder}/none cannot be read: `],
    [certFile, files.clientKeyFile, "is not the key of MIRROR_CERT_FILE; set it to the file with"],
  ];
  for (const [certFile, keyFile, message] of cases) {
    assert.throws(
      () => readCertificate({ certFile, keyFile }),
      (error: Error) => error.name === "ConfigError" && error.message.includes(message),
      message,
    );
  }
});
