/**
 * The files that settings name.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g;

/** The error of a module's settings. */
export type SettingErrorClass = new (message: string, options?: ErrorOptions) => Error;

/**
 * The text of a file that a setting names.
 *
 * @throws {Error} Of the given class, when it cannot be read: the message names setting and path.
 */
export function settingFile(
  setting: string,
  path: string,
  SettingError: SettingErrorClass,
): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SettingError(`${setting} is ${path}, which cannot be read: ${code ?? message}`, {
      cause: error,
    });
  }
}

/** The certificates of a text (PEM); `undefined` where there is none, or one that is not valid. */
export function certificatesIn(text: string): string | undefined {
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    return undefined;
  }
  return certificates.length > 0 ? certificates.join("\n") : undefined;
}
