/**
 * The certificates of a TLS connection that could not be made. The runtime reports one that has
 * expired as one whose authority is unknown, so their dates have to be read.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { within } from "../../../system/deadline.ts";
import type { ServerCertificate } from "../broker.ts";
import { addressOf, whereOf } from "./errors.ts";

/** PEM texts for TLS. */
export interface TlsFiles {
  /** The authority that signed the broker's certificate; `undefined`: the system's authorities. */
  readonly ca?: string | undefined;
  /** The certificate that this program shows to the broker. */
  readonly cert?: string | undefined;
  /** The key of that certificate. */
  readonly key?: string | undefined;
}

/** One certificate of a connection. */
export interface Certificate {
  /** What it is, as the subject of a sentence. */
  readonly name: string;
  /** ms since 1970. */
  readonly validFrom: number;
  /** ms since 1970. */
  readonly validTo: number;
}

/** How long the broker has to show its certificate, in ms. */
const SHOW_MS = 3000;

/** All certificates of a connection; those that cannot be read are left out. */
export async function certificatesOf(url: string, files: TlsFiles): Promise<Certificate[]> {
  const { host, port } = placeOf(url);
  const shown = await within(SHOW_MS, shownBy(host, port)).catch(() => undefined);
  return [
    ...ownCertificate("the certificate of AMQP_CERT_FILE", files.cert),
    ...ownCertificate("the authority's certificate in AMQP_CA_FILE", files.ca),
    ...typeof shown === "object" ? [shown] : [],
  ];
}

/**
 * The certificates that brokers show at their addresses; those without TLS, and those that show none,
 * are left out.
 *
 * @param files The broker may show its own only to a client that shows one.
 */
export async function serverCertificates(
  urls: readonly string[],
  files: TlsFiles,
): Promise<ServerCertificate[]> {
  const found = urls.filter((url) => url.startsWith("amqps:")).map(async (url) => {
    const { host, port } = placeOf(url);
    const shown = await within(SHOW_MS, shownBy(host, port, files)).catch(() => undefined);
    if (typeof shown !== "object") return [];
    const { validFrom, validTo } = shown;
    return [{ place: whereOf(addressOf(url)), validFrom, validTo }];
  });
  return (await Promise.all(found)).flat();
}

/** Why a certificate is not valid now; `undefined` when all are. @param now ms since 1970. */
export function outOfDate(certificates: readonly Certificate[], now: number): string | undefined {
  for (const { name, validFrom, validTo } of certificates) {
    if (now > validTo) return `${name} has expired, on ${isoOf(validTo)}: renew it`;
    if (now < validFrom) {
      return `${name} is not valid before ${isoOf(validFrom)}: check this host's clock`;
    }
  }
  return undefined;
}

function ownCertificate(name: string, pem: string | undefined): Certificate[] {
  if (pem === undefined) return [];
  try {
    return [certificate(name, new X509Certificate(pem))];
  } catch {
    return [];
  }
}

/** The host without brackets, and the port. */
function placeOf(url: string): { readonly host: string; readonly port: number } {
  const { host, port } = addressOf(url);
  return { host: host.replace(/^\[|\]$/g, ""), port };
}

/** The broker's certificate, whoever signed it. Nothing is sent to the broker but our own. */
function shownBy(
  host: string,
  port: number,
  { cert, key }: TlsFiles = {},
): Promise<Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<Certificate>();
  const own = cert !== undefined && key !== undefined ? { cert, key } : {};
  const options = { host, port, rejectUnauthorized: false, timeout: SHOW_MS, ...own };
  const socket = tls.connect(options, () => {
    const { valid_from: validFrom, valid_to: validTo } = socket.getPeerCertificate();
    resolve(certificate("the broker's certificate", { validFrom, validTo }));
    socket.destroy();
  });
  socket.on("error", reject);
  socket.on("timeout", () => socket.destroy(new Error("no certificate")));
  return promise;
}

function certificate(
  name: string,
  { validFrom, validTo }: Pick<X509Certificate, "validFrom" | "validTo">,
): Certificate {
  return { name, validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}

function isoOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
