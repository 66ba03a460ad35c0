import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, verify } from "node:crypto";
import { smtpTest } from "../../fixtures/smtp/smtp.ts";
import { aMail, settingsFor, TransportUnderTest } from "./mails.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

smtpTest("A mail that arrives is signed by DKIM, header and body", async (smtp) => {
  const dkim = { domain: "zulip.example", selector: "workers", privateKey };
  await using transport = new TransportUnderTest(settingsFor(smtp, { dkim }));
  await transport.send(aMail({ text: "Größe  \n\n.\n\n\n", subject: "Größe" }));
  const [mail] = await smtp.mails(1);
  assert(mail);
  const { tags, isBodySigned, isHeaderSigned } = signatureOf(mail.raw);
  assert.equal(tags.d, "zulip.example");
  assert.equal(tags.s, "workers");
  assert.equal(tags.a, "rsa-sha256");
  for (const name of ["from", "to", "subject", "date", "list-id"]) {
    assert(tags.h?.toLowerCase().split(":").includes(name), `${name} in ${tags.h}`);
  }
  assert.equal(isBodySigned, true);
  assert.equal(isHeaderSigned, true);
  assert.equal(signatureOf(mail.raw.replace("Subject: ", "Subject: x")).isHeaderSigned, false);
  assert.equal(signatureOf(mail.raw.replace("4711", "4712")).isBodySigned, false);
});

/** The signature of a mail, computed by RFC 6376 for "relaxed" header and body. */
function signatureOf(raw: string) {
  const end = raw.indexOf("\r\n\r\n");
  const fields = raw.slice(0, end).split(/\r\n(?![ \t])/);
  const signature = fields.find((field) => /^dkim-signature:/i.test(field)) ?? "";
  const tags = tagsOf(signature.slice(signature.indexOf(":") + 1));
  assert.equal(tags.c, "relaxed/relaxed");
  const signed = (tags.h ?? "").toLowerCase().split(":").map((name) =>
    fields.findLast((field) => field.toLowerCase().startsWith(`${name}:`))
  ).filter((field) => field !== undefined).map(relaxed);
  const withoutValue = signature.replace(/(\bb=)[^;]*$/s, "$1");
  const text = [...signed, relaxed(withoutValue)].join("\r\n");
  const body = createHash("sha256").update(relaxedBody(raw.slice(end + 4)), "latin1");
  return {
    tags,
    isBodySigned: body.digest("base64") === tags.bh,
    isHeaderSigned: verify(
      "sha256",
      Buffer.from(text, "latin1"),
      publicKey,
      Buffer.from(tags.b ?? "", "base64"),
    ),
  };
}

function tagsOf(value: string): Record<string, string> {
  const tags = value.replace(/\s+/g, "").split(";").filter((tag) => tag !== "");
  return Object.fromEntries(tags.map((tag) => {
    const equals = tag.indexOf("=");
    return [tag.slice(0, equals), tag.slice(equals + 1)];
  }));
}

function relaxed(field: string): string {
  const colon = field.indexOf(":");
  const value = field.slice(colon + 1).replace(/\r\n/g, "").replace(/[ \t]+/g, " ").trim();
  return `${field.slice(0, colon).toLowerCase().trim()}:${value}`;
}

function relaxedBody(body: string): string {
  const lines = body.split("\r\n").map((line) => line.replace(/[ \t]+/g, " ").trimEnd());
  return `${lines.join("\r\n").replace(/(\r\n)+$/, "")}\r\n`;
}
