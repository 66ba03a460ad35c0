/**
 * RabbitMQ's programs on this machine.
 *
 * @module
 */

const FOLDER = "/usr/lib/rabbitmq/bin";

/** A program that comes with RabbitMQ. */
export type Program = "rabbitmq-server" | "rabbitmqctl";

/** The path of a program, whether or not it is installed. */
export function programPath(name: Program): string {
  return `${FOLDER}/${name}`;
}

/** Reports whether RabbitMQ is installed. */
export function rabbitmqInstalled(): boolean {
  try {
    return Deno.statSync(programPath("rabbitmq-server")).isFile;
  } catch {
    return false;
  }
}

/** @throws {Error} When RabbitMQ is not installed. */
export function requireRabbitmq(): void {
  if (rabbitmqInstalled()) return;
  throw new Error(
    `RabbitMQ is not installed: ${programPath("rabbitmq-server")} is missing; ` +
      "run apt-get install rabbitmq-server",
  );
}
