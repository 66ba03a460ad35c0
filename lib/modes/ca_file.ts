/**
 * The file of `AMQP_CA_FILE`.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { ConfigError, type Problem } from "../config/problem.ts";
import { readTextFile } from "../config/text_file.ts";
import { errorData } from "../errors/error_data.ts";

/**
 * The certificate in a file.
 *
 * @throws {ConfigError} When there is no such file, or no certificate in it.
 */
export function readCaFile(path: string): string {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw badCa(`${path} cannot be read: ${errorData(error).message}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw badCa(`there is no certificate in PEM format in ${path}`);
}

/** The problems of the file, where one is set. */
export function caFileProblems({ broker: { caFile } }: Pick<Config, "broker">): readonly Problem[] {
  try {
    if (caFile !== undefined) readCaFile(caFile);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function badCa(wrong: string): ConfigError {
  const fix = "set it to a file with the certificate of the authority that signed RabbitMQ's own";
  return new ConfigError([{ setting: "AMQP_CA_FILE", wrong, fix }]);
}
