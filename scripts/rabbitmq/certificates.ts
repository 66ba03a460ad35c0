/**
 * Certificates for a private node that listens for TLS.
 *
 * @module
 */

import { run } from "../private_server.ts";

/** PEM files of a CA, and of a server and a client that it certifies. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

const REQUEST = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30";

/**
 * Writes the files into `folder`. They are valid for 30 days.
 *
 * @param env The whole environment of openssl.
 * @throws {Error} When openssl fails or is not installed.
 */
export async function makeCertificates(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<TlsFiles> {
  const file = (name: string) => `${folder}/${name}.pem`;
  const make = async (name: string, ...more: string[]) => {
    const output = ["-out", file(name), "-keyout", file(`${name}-key`)];
    const subject = ["-subj", `/CN=process-queue ${name}`];
    await run("openssl", [...REQUEST.split(" "), ...subject, ...output, ...more], { env });
  };
  const signed = ["-CA", file("ca"), "-CAkey", file("ca-key")];
  const extend = (extension: string) => ["-addext", extension];
  const leaf = [...signed, ...extend("basicConstraints=CA:FALSE")];
  await make("ca");
  await make("server", ...leaf, ...extend("subjectAltName=IP:127.0.0.1,DNS:localhost"));
  await make("client", ...leaf);
  return {
    caFile: file("ca"),
    certFile: file("server"),
    keyFile: file("server-key"),
    clientCertFile: file("client"),
    clientKeyFile: file("client-key"),
  };
}
