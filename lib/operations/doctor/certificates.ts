/**
 * What is found about certificates.
 *
 * @module
 */

import { type Found, warning, wrong } from "./finding.ts";

/** A certificate in a file. */
export interface CertificateFacts {
  /** The setting of the file. */
  readonly setting: string;
  readonly file: string;
  /** When it ends, in ms since 1970. */
  readonly endsAt: number;
}

const DAY_MS = 86_400_000;
/** So many days before its end there is a warning. */
const WARN_DAYS = 30;

/** Judges when certificates end. @param now ms since 1970 */
export function certificatesFound(facts: readonly CertificateFacts[], now: number): Found[] {
  return facts.filter(({ endsAt }) => endsAt - now < WARN_DAYS * DAY_MS).map((one) => {
    const day = new Date(one.endsAt).toISOString().slice(0, 10);
    const isOver = one.endsAt <= now;
    const text = `${one.setting}: the certificate in ${one.file} ${
      isOver ? "has ended" : "ends"
    } on ${day}`;
    return (isOver ? wrong : warning)(text, { fix: "put a new one into that file, and restart" });
  });
}
