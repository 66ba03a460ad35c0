/**
 * How a connection to an SMTP server is encrypted, in words.
 *
 * @module
 */

import { TLSSocket } from "node:tls";

/** The most names of a certificate that are shown. */
const MOST_NAMES = 3;

/** What is shown of a certificate. */
export interface ShownCertificate {
  /** Of the subject; the runtime may give several. */
  readonly commonName: string | readonly string[] | undefined;
  /** The alternative names, as Node.js writes them: `DNS:mail.example, IP Address:192.0.2.1`. */
  readonly alternativeNames: string | undefined;
  /** As Node.js writes it: `Dec 29 22:46:37 2026 GMT`. */
  readonly validTo: string;
}

/** `TLSv1.3, certificate of …, valid until …`; `undefined` for a connection that is not encrypted. */
export function describeEncryption(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Older runtimes have neither of these two methods.
  const protocol = (socket as Partial<TLSSocket>).getProtocol?.() ?? "TLS";
  const peer = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  if (!peer) return `Encrypted with ${protocol}`;
  const { subject, subjectaltname, valid_to } = peer;
  const certificate = describeCertificate({
    commonName: subject?.CN,
    alternativeNames: subjectaltname,
    validTo: valid_to,
  });
  return `Encrypted with ${protocol}, ${certificate}`;
}

/** `certificate of a.example, b.example, c.example and 2 more names, valid until 2026-12-29`. */
export function describeCertificate(
  { commonName, alternativeNames, validTo }: ShownCertificate,
): string {
  const alternative = alternativeNames?.split(", ").map((name) => name.replace(/^[\w ]+:/, ""));
  const names = alternative ?? [commonName ?? "no name"].flat();
  const others = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more names` : "";
  const until = new Date(validTo);
  const date = Number.isNaN(until.getTime()) ? validTo : until.toISOString().slice(0, 10);
  return `certificate of ${names.slice(0, MOST_NAMES).join(", ")}${others}, valid until ${date}`;
}
