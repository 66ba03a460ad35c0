/**
 * RabbitMQ's programs on this machine: Debian's, or those in the folder that RABBITMQ_BIN names.
 *
 * @module
 */

import { statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const DEBIAN = "/usr/lib/rabbitmq/bin";

/** A program that comes with RabbitMQ. */
export type Program = "rabbitmq-server" | "rabbitmqctl";

/** The folder of the programs, whether or not they are there. */
export function programFolder(): string {
  return process.env["RABBITMQ_BIN"] || DEBIAN;
}

/** The path of a program. @param folder Where RabbitMQ's programs are. */
export function programPath(folder: string, name: Program): string {
  return join(folder, name);
}

/** Reports whether RabbitMQ's programs are in a folder. @param folder Default: the usual one. */
export function rabbitmqInstalled(folder: string = programFolder()): boolean {
  const server = programPath(folder, "rabbitmq-server");
  return statSync(server, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * @param folder Where RabbitMQ's programs are.
 * @param variable The variable that names the folder, for the message.
 * @throws {Error} When they are not there.
 */
export function requireRabbitmq(folder: string, variable = "RABBITMQ_BIN"): void {
  if (rabbitmqInstalled(folder)) return;
  const missing = `${programPath(folder, "rabbitmq-server")} is missing`;
  throw new Error(
    folder === DEBIAN
      ? `RabbitMQ is not installed: ${missing}; run apt-get install rabbitmq-server`
      : `${variable} names no folder with RabbitMQ's programs: ${missing}; correct it or unset it`,
  );
}
