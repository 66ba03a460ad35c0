/**
 * The servers that tests use, and the environment variables about them: the
 * test command starts them, `tests/servers.ts` hands them to tests.
 *
 * @module
 */

import { attachPostgres, postgresInstalled, startPostgres } from "../postgres.ts";
import type { AttachedPostgres } from "../postgres.ts";
import { attachRabbitmq, rabbitmqInstalled, startRabbitmq } from "../rabbitmq.ts";
import type { AttachedRabbitmq } from "../rabbitmq.ts";

/** A kind of server that tests use. */
export interface TestServer<Server extends Described = Described> {
  /** Its name for people. */
  readonly title: string;
  /** The Debian package it comes from. */
  readonly package: string;
  /** The variable that describes the running server to test processes. */
  readonly variable: string;
  /** Further variables for test processes. @default {none} */
  readonly env?: Readonly<Record<string, string>>;
  /** The variable under which a server that is not installed is an error. */
  readonly required: string;
  /** Whether its programs are on this machine. */
  readonly installed: () => boolean;
  /** Starts one. */
  readonly start: () => Promise<Server>;
  /** A handle on the one that `variable` describes. */
  readonly attach: (description: string) => Server;
}

/** A server that can be described to another process. */
export interface Described extends AsyncDisposable {
  /** What `attach` of its kind takes. */
  describe(): string;
}

/** RabbitMQ for tests. */
export const rabbitmq: TestServer<AttachedRabbitmq> = {
  title: "RabbitMQ",
  package: "rabbitmq-server",
  variable: "TEST_RABBITMQ",
  required: "REQUIRE_RABBITMQ",
  installed: () => rabbitmqInstalled(),
  start: () => startRabbitmq(),
  attach: attachRabbitmq,
};

/** RabbitMQ of another version. @param programs The folder of its programs. */
export function rabbitmqOf(programs: string): TestServer<AttachedRabbitmq> {
  return {
    ...rabbitmq,
    // For the tests that start a node of their own.
    env: { RABBITMQ_BIN: programs },
    installed: () => rabbitmqInstalled(programs),
    start: () => startRabbitmq({ programs }),
  };
}

/** PostgreSQL for tests: fast, as its data need not outlive a crash of the machine. */
export const postgres: TestServer<AttachedPostgres> = {
  title: "PostgreSQL",
  package: "postgresql",
  variable: "TEST_POSTGRES_URL",
  required: "REQUIRE_POSTGRES",
  installed: postgresInstalled,
  start: () => startPostgres({ isDurable: false }),
  attach: attachPostgres,
};

/** Whether tests must fail, rather than be skipped, without this server. */
export function isRequired({ required }: TestServer): boolean {
  return Deno.env.get(required) === "1";
}

/** The error of a required server that is not installed. */
export function notInstalled(
  { title, required, package: name }: TestServer,
): Error {
  return new Error(
    `${title} is not installed, and ${required}=1 asks for it: run apt-get install ${name}, or unset ${required} to skip its tests`,
  );
}
