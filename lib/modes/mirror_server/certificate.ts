/**
 * The files of MIRROR_CERT_FILE and MIRROR_KEY_FILE, which a program such as certbot replaces.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { MirrorTlsConfig } from "../../config/mirror_server_config.ts";
import { ConfigError, type Problem } from "../../config/problem.ts";
import { readTextFile } from "../../config/text_file.ts";
import { errorData } from "../../errors/error_data.ts";
import { isKeyOf } from "../tls_files.ts";

/** A certificate with those between it and its authority, and its key. */
export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/**
 * Reads both files.
 *
 * @throws {ConfigError} When a file cannot be read or is not what it must be, or the key is that of
 * another certificate.
 */
export function readCertificate(
  { certFile, keyFile }: Pick<MirrorTlsConfig, "certFile" | "keyFile">,
): Certificate {
  const cert = read("MIRROR_CERT_FILE", certFile, "certificate", (text) => {
    return new X509Certificate(text);
  });
  const key = read(
    "MIRROR_KEY_FILE",
    keyFile,
    "private key that is not encrypted",
    createPrivateKey,
  );
  if (isKeyOf(cert, key)) return { cert, key };
  throw problem({
    setting: "MIRROR_KEY_FILE",
    wrong: `${keyFile} is not the key of MIRROR_CERT_FILE`,
    fix: "set it to the file with the key of the certificate",
  });
}

/** The problems of the files; none where no certificate is set. */
export function certificateProblems(tls: MirrorTlsConfig | undefined): readonly Problem[] {
  try {
    if (tls) readCertificate(tls);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function read(
  setting: string,
  path: string,
  what: string,
  parse: (text: string) => unknown,
): string {
  const fix = `set it to a file with a ${what} in PEM format, which this user may read`;
  const text = attempt(() => readTextFile(path), (error) => {
    return { setting, wrong: `${path} cannot be read: ${errorData(error).message}`, fix };
  });
  const wrong = `there is no ${what} in PEM format in ${path}`;
  attempt(() => parse(text), () => ({ setting, wrong, fix }));
  return text;
}

function attempt<Result>(run: () => Result, problemOf: (error: unknown) => Problem): Result {
  try {
    return run();
  } catch (error) {
    throw problem(problemOf(error));
  }
}

function problem(one: Problem): ConfigError {
  return new ConfigError([one]);
}
