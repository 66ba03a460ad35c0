/**
 * What is found about certificates.
 *
 * @module
 */

import { type Found, warning, wrong } from "./finding.ts";

/** From when to when a certificate is valid, in ms since 1970. */
export interface Validity {
  readonly validFrom: number;
  readonly validTo: number;
}

/** A certificate. */
export interface CertificateFacts extends Validity {
  /** Which one, as the subject of a sentence. */
  readonly name: string;
  /** How it is replaced. */
  readonly fix: string;
}

const DAY_MS = 86_400_000;
/** So long before its end there is a warning, or a third of its life. */
const WARN_MS = 30 * DAY_MS;

/** A certificate in a file that a setting names. */
export function certificateInFile(
  setting: string,
  file: string,
  validity: Validity,
): CertificateFacts {
  const name = `${setting}: the certificate in ${file}`;
  return { ...validity, name, fix: "put a new one into that file, and restart" };
}

/** The certificate that RabbitMQ shows. @param place Host and port. */
export function certificateOfBroker(place: string, validity: Validity): CertificateFacts {
  const fix = "put a new one into the file of ssl_options.certfile on RabbitMQ's host";
  return { ...validity, name: `the certificate of RabbitMQ at ${place}`, fix };
}

/** Judges when certificates are valid. @param now ms since 1970 */
export function certificatesFound(facts: readonly CertificateFacts[], now: number): Found[] {
  return facts.flatMap(({ name, validFrom, validTo, fix }) => {
    if (now < validFrom) {
      const clock = "check this host's clock, or wait until then";
      return [wrong(`${name} is not valid before ${dayOf(validFrom)}`, { fix: clock })];
    }
    if (now >= validTo) return [wrong(`${name} has ended on ${dayOf(validTo)}`, { fix })];
    if (validTo - now >= Math.min(WARN_MS, (validTo - validFrom) / 3)) return [];
    return [warning(`${name} ends on ${dayOf(validTo)}`, { fix })];
  });
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
