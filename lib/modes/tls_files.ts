/**
 * The files of `AMQP_CA_FILE`, `AMQP_CERT_FILE` and `AMQP_KEY_FILE`.
 *
 * @module
 */

import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { BrokerConfig } from "../config/config.ts";
import { ConfigError, type Problem } from "../config/problem.ts";
import { readTextFile } from "../config/text_file.ts";
import { errorData } from "../errors/error_data.ts";

type Paths = Pick<BrokerConfig, "caFile" | "certFile" | "keyFile">;

/** The texts of the files; `undefined` for those that are not set. */
export interface TlsTexts {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** One of the settings: what its file must have. */
interface Wanted {
  readonly setting: string;
  /** A line that the file has. */
  readonly begin: RegExp;
  /** What that is. */
  readonly what: string;
  readonly fix: string;
}

const CA: Wanted = {
  setting: "AMQP_CA_FILE",
  begin: /^-----BEGIN CERTIFICATE-----/m,
  what: "certificate",
  fix: "set it to a file with the certificate of the authority that signed RabbitMQ's own",
};
const CERT: Wanted = {
  setting: "AMQP_CERT_FILE",
  begin: CA.begin,
  what: "certificate",
  fix: "set it to a file with a certificate of this program",
};
const KEY: Wanted = {
  setting: "AMQP_KEY_FILE",
  begin: /^-----BEGIN (?:(?!ENCRYPTED)[A-Z]+ )?PRIVATE KEY-----/m,
  what: "private key that is not encrypted",
  fix: "set it to a file with the key of AMQP_CERT_FILE; openssl pkey -in FILE decrypts one",
};

/**
 * Reads the files that are set.
 *
 * @throws {ConfigError} With the problems of all: a file cannot be read, is not in PEM format, or the
 * key is that of another certificate.
 */
export function readTlsFiles({ caFile, certFile, keyFile }: Paths): TlsTexts {
  const problems: Problem[] = [];
  const read = (wanted: Wanted, path: string | undefined) => {
    const { text, problem } = path === undefined ? {} : readPem(wanted, path);
    if (problem) problems.push(problem);
    return text;
  };
  const texts = { ca: read(CA, caFile), cert: read(CERT, certFile), key: read(KEY, keyFile) };
  problems.push(...pairProblems(texts));
  if (problems.length > 0) throw new ConfigError(problems);
  return texts;
}

/** The problems of the files. */
export function tlsFileProblems({ broker }: { readonly broker: Paths }): readonly Problem[] {
  try {
    readTlsFiles(broker);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function readPem(wanted: Wanted, path: string): { text?: string; problem?: Problem } {
  const { setting, begin, what, fix } = wanted;
  const bad = (wrong: string) => ({ problem: { setting, wrong, fix } });
  try {
    const text = readTextFile(path);
    return begin.test(text) ? { text } : bad(`there is no ${what} in PEM format in ${path}`);
  } catch (error) {
    return bad(`${path} cannot be read: ${errorData(error).message}`);
  }
}

function pairProblems({ cert, key }: TlsTexts): Problem[] {
  if (cert === undefined || key === undefined) return [];
  try {
    if (isKeyOf(cert, key)) return [];
    return [{ setting: KEY.setting, wrong: "it is not the key of AMQP_CERT_FILE", fix: KEY.fix }];
  } catch {
    const wrong = "its certificate, or the key of AMQP_KEY_FILE, is damaged";
    return [{ setting: CERT.setting, wrong, fix: "copy both files again" }];
  }
}

/**
 * Whether a private key is that of a certificate. Both are PEM.
 *
 * @throws {Error} When one of them is damaged.
 */
export function isKeyOf(cert: string, key: string): boolean {
  return textOf(new X509Certificate(cert).publicKey) === textOf(createPublicKey(key));
}

function textOf(key: KeyObject): string {
  return String(key.export({ type: "spki", format: "pem" }));
}
