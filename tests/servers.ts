/**
 * Test registration for tests that need a server. `scripts/test.ts` starts one
 * of each for the whole run and names it in the environment; a test file run
 * alone starts what it needs before its first test.
 *
 * @module
 */

import { startCluster, startRabbitmq } from "../scripts/rabbitmq.ts";
import type { AttachedPostgres } from "../scripts/postgres.ts";
import type {
  AttachedRabbitmq,
  PrivateRabbitmq,
  RabbitmqCluster,
  RabbitmqOptions,
} from "../scripts/rabbitmq.ts";
import {
  type Described,
  isRequired,
  notInstalled,
  postgres,
  rabbitmq,
  type TestServer,
} from "../scripts/test/servers.ts";

/** The body of a test that uses a server. */
export type ServerTest<Server> = (
  server: Server,
  t: Deno.TestContext,
) => Promise<void>;

/**
 * Registers a test that uses the shared RabbitMQ node: `broker.url` and
 * `broker.ctl(...)`. Other tests use the node too, so name queues by
 * {@linkcode uniqueQueue}, and do not stop it. Where RabbitMQ is not installed
 * the test is ignored; under `REQUIRE_RABBITMQ=1` it fails.
 */
export function rabbitmqTest(
  name: string,
  fn: ServerTest<AttachedRabbitmq>,
): void {
  sharedRabbitmq.register(name, fn);
}

/**
 * Registers a test that has a RabbitMQ node to itself, to kill, stop and
 * restart it, or to start it with `options`. Starting takes about 7 s.
 */
export function privateRabbitmqTest(
  name: string,
  options: RabbitmqOptions,
  fn: ServerTest<PrivateRabbitmq>,
): void {
  registerWhere(rabbitmq, name, async (t) => {
    await using node = await startRabbitmq(options);
    await fn(node, t);
  });
}

/**
 * Registers a test that has a cluster of three RabbitMQ nodes to itself. Starting takes about 15 s,
 * so name the file `*_long_test.ts`.
 */
export function clusterTest(name: string, fn: ServerTest<RabbitmqCluster>): void {
  registerWhere(rabbitmq, name, async (t) => {
    await using cluster = await startCluster();
    await fn(cluster, t);
  });
}

/**
 * Registers a test that uses the shared PostgreSQL server: `postgres.url` is an
 * empty database of this test, dropped after it. Where PostgreSQL is not
 * installed the test is ignored; under `REQUIRE_POSTGRES=1` it fails.
 */
export function postgresTest(
  name: string,
  fn: ServerTest<{ readonly url: string }>,
): void {
  sharedPostgres.register(name, async (server, t) => {
    const database = unique("test");
    const url = await server.createDatabase(database);
    try {
      await fn({ url }, t);
    } finally {
      await server.dropDatabase(database);
    }
  });
}

/** A database that others are copies of. */
export interface PostgresTemplate {
  /** Its name, which is also that of its content: the first test of a server makes it. */
  readonly name: string;
  /** Fills an empty database, and closes its connections. */
  fill(url: string): Promise<void>;
}

/** Registers a test as {@linkcode postgresTest} does, whose database is a copy of a template. */
export function postgresCopyTest(
  name: string,
  template: PostgresTemplate,
  fn: ServerTest<{ readonly url: string }>,
): void {
  sharedPostgres.register(name, (server, t) => {
    return withCopy(server, template, (url) => fn({ url }, t));
  });
}

/** What a test of both shared servers gets. */
export interface BrokerAndDatabase {
  /** The shared RabbitMQ node. */
  readonly rabbitmq: AttachedRabbitmq;
  /** The address of a copy of the template, which is dropped after the test. */
  readonly databaseUrl: string;
}

/** Registers a test as {@linkcode rabbitmqTest} does, which has a database besides. */
export function rabbitmqAndCopyTest(
  name: string,
  template: PostgresTemplate,
  fn: ServerTest<BrokerAndDatabase>,
): void {
  if (!postgres.installed() && !isRequired(postgres)) return Deno.test.ignore(name, () => {});
  const server = sharedPostgres.use();
  sharedRabbitmq.register(name, (rabbitmq, t) => {
    return withCopy(server(), template, (databaseUrl) => fn({ rabbitmq, databaseUrl }, t));
  });
}

async function withCopy(
  server: AttachedPostgres,
  template: PostgresTemplate,
  fn: (url: string) => Promise<void>,
): Promise<void> {
  await requireTemplate(server, template);
  const database = unique("test");
  const url = await server.createDatabase(database, template.name);
  try {
    await fn(url);
  } finally {
    await server.dropDatabase(database);
  }
}

const madeTemplates = new Set<string>();

/** Makes the template, unless this process or another has. */
async function requireTemplate(server: AttachedPostgres, template: PostgresTemplate) {
  if (madeTemplates.has(template.name)) return;
  await makeTemplate(server, template);
  madeTemplates.add(template.name);
}

async function makeTemplate(server: AttachedPostgres, template: PostgresTemplate) {
  if (await server.hasDatabase(template.name)) return;
  const database = unique(template.name);
  await template.fill(await server.createDatabase(database));
  try {
    await server.renameDatabase(database, template.name);
  } catch (error) {
    await server.dropDatabase(database);
    if (!await server.hasDatabase(template.name)) throw error;
  }
}

/** A queue name that no other test uses, such as `orders-1f0c2a9b`. */
export function uniqueQueue(prefix: string): string {
  return unique(prefix);
}

function unique(prefix: string): string {
  return `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
}

function registerWhere(
  kind: TestServer,
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  const installed = kind.installed();
  const ignore = !installed && !isRequired(kind);
  Deno.test({
    name,
    ignore,
    fn: installed ? fn : () => failNotInstalled(kind),
  });
}

function failNotInstalled(kind: TestServer): never {
  throw notInstalled(kind);
}

/**
 * One server for all tests of a file: the one the environment names, or else
 * one started before the file's first test and disposed after its last, outside
 * of what the test sanitizers watch.
 */
class SharedServer<Server extends Described> {
  readonly #kind: TestServer<Server>;
  #server: Server | undefined;
  #hooked = false;

  constructor(kind: TestServer<Server>) {
    this.#kind = kind;
  }

  register(name: string, fn: ServerTest<Server>): void {
    const server = this.use();
    registerWhere(this.#kind, name, (t) => fn(server(), t));
  }

  /** Has the server run while the file's tests do. @returns What gives it to a test. */
  use(): () => Server {
    this.#hook();
    return () => {
      if (this.#server) return this.#server;
      throw new Error(`${this.#kind.title} was not started before the test`);
    };
  }

  #hook(): void {
    if (this.#hooked || !this.#kind.installed()) return;
    this.#hooked = true;
    Deno.test.beforeAll(async () => {
      const { variable, attach, start } = this.#kind;
      const description = Deno.env.get(variable);
      this.#server = description ? attach(description) : await start();
    });
    Deno.test.afterAll(async () => {
      await this.#server?.[Symbol.asyncDispose]();
    });
  }
}

const sharedRabbitmq = new SharedServer(rabbitmq);
const sharedPostgres = new SharedServer(postgres);
