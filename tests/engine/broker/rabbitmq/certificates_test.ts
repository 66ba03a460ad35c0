/**
 * Connections with TLS, with and without the certificates that they need.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ServerCertificate } from "../../../../lib/engine/broker/broker.ts";
import { certificatesOf, outOfDate } from "../../../../lib/engine/broker/rabbitmq/certificates.ts";
import { openRabbitmq } from "../../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { Engine } from "../../../fixtures/rabbitmq/engine.ts";
import { assertRefused, changeUrl } from "../../../fixtures/rabbitmq/refusals.ts";
import { privateRabbitmqTest, uniqueQueue } from "../../../servers.ts";

/** The certificate of a private node is made for 30 days. */
function assertMonth(shown: readonly ServerCertificate[]): void {
  const [days] = shown.map(({ validFrom, validTo }) => (validTo - validFrom) / 86_400_000);
  assert.equal(days, 30);
}

privateRabbitmqTest("TLS", { tls: {} }, async (node, t) => {
  const url = node.tlsUrl ?? "";
  const ca = await Deno.readTextFile(node.caFile ?? "");

  await t.step("a certificate that does not verify is refused with what to do", () =>
    assertRefused(
      { url },
      "tls",
      /^The TLS connection to 127\.0\.0\.1:\d+ could not be made \(.*\): name the authority that signed the broker's certificate with AMQP_CA_FILE$/,
    ));

  await t.step("with the authority's file it works, by address and by name", async () => {
    for (const hostname of ["127.0.0.1", "localhost"]) {
      const queue = uniqueQueue("tls");
      await using broker = await openRabbitmq({ url: changeUrl(url, { hostname }), ca });
      await using engine = await Engine.start({ broker, queue });
      await broker.publish(queue, "1");
      await engine.untilSettled("processed", 1);
    }
  });

  await t.step("the dates of the broker's certificate are read", async () => {
    const { hostname, port } = new URL(url);
    const [shown] = await certificatesOf(`amqps://${hostname}:${port}`, {});
    const later = Date.now() + 31 * 86_400_000;
    assert.equal(outOfDate(shown ? [shown] : [], Date.now()), undefined);
    assert.match(
      outOfDate(shown ? [shown] : [], later) ?? "",
      /^the broker's certificate has expired, on /,
    );
  });

  await t.step("a broker tells when the certificates of its addresses are valid", async () => {
    const urls = [url, node.url].join(",");
    await using broker = await openRabbitmq({ url: urls, ca });
    const shown = await broker.serverCertificates?.() ?? [];
    assert.deepEqual(shown.map(({ place }) => place), [`127.0.0.1:${new URL(url).port}`]);
    assertMonth(shown);
  });

  await t.step("a plain port is refused", () =>
    assertRefused(
      { url: changeUrl(url, { port: String(node.port) }), ca },
      "tls",
      /check that the port is the one for TLS$/,
    ));

  await t.step(
    "plain AMQP to the port for TLS is an error once the time to wait is over",
    () =>
      assertRefused(
        { url: changeUrl(node.url, { port: new URL(url).port }), waitSeconds: 1 },
        "unreachable",
        /cannot be reached \(/,
        5,
      ),
  );
});

privateRabbitmqTest(
  "client certificates",
  { tls: { clientCertificate: true } },
  async (node, t) => {
    const url = node.tlsUrl ?? "";
    const [ca, cert, key] = await Promise.all(
      [node.caFile, node.clientCertFile, node.clientKeyFile]
        .map((path) => Deno.readTextFile(path ?? "")),
    );

    await t.step("without one the broker is refused with what to do", () =>
      assertRefused(
        { url, ca },
        "tls",
        /the broker wants a certificate of this program: name it and its key with AMQP_CERT_FILE and AMQP_KEY_FILE$/,
      ));

    await t.step("with one the broker shows its own", async () => {
      await using broker = await openRabbitmq({ url, ca, cert, key });
      assertMonth(await broker.serverCertificates?.() ?? []);
    });

    await t.step("with one it works", async () => {
      const queue = uniqueQueue("tls");
      await using broker = await openRabbitmq({ url, ca, cert, key });
      await using engine = await Engine.start({ broker, queue });
      await broker.publish(queue, "1");
      await engine.untilSettled("processed", 1);
    });
  },
);
