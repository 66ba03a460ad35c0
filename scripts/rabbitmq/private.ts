/**
 * A private node: its process and its folder.
 *
 * @module
 */

import {
  accepts,
  Daemon,
  freePort,
  reason,
  removeFolder,
  tail,
  waitUntil,
} from "../private_server.ts";
import { AttachedRabbitmq, type Node } from "./attached.ts";
import { erlCallInstalled, evaluate } from "./erl_call.ts";
import { makeCertificates } from "./certificates.ts";
import {
  configuration,
  environment,
  type ErlangIdentity,
  type RabbitmqOptions,
} from "./configuration.ts";
import { Epmd } from "./epmd.ts";
import { programFolder, programPath, requireRabbitmq } from "./programs.ts";

const START_DEADLINE_MS = 60_000;
const HANDSHAKE_MS = 2000;
const PROTOCOL_HEADER = new Uint8Array([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** A private node. Disposing it ends the node and removes its folder. */
export class PrivateRabbitmq extends AttachedRabbitmq {
  readonly #epmd: Epmd;
  #server: Daemon | undefined;

  /** Use {@linkcode startRabbitmq}. */
  constructor(node: Node) {
    super(node);
    const { folder, epmdPort: port, env } = node;
    this.#epmd = new Epmd({ folder, port, env });
  }

  /** Process id of the Erlang VM; undefined while the node is down. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /**
   * Starts the node on its data and waits until it answers AMQP.
   *
   * @throws {Error} When the node is running, or does not answer within 60 s; then with the end of
   * its log.
   */
  async start(): Promise<void> {
    if (this.#server) throw new Error(`the RabbitMQ node of ${this.url} is running already`);
    await this.#epmd.start();
    const { folder, programs, env } = this.node;
    const program = programPath(programs, "rabbitmq-server");
    const server = Daemon.spawn(program, [], this.#output, { env, cwd: folder });
    this.#server = server;
    try {
      await waitUntil(() => this.#answers(server), START_DEADLINE_MS);
    } catch (error) {
      await this.kill();
      throw new Error(`RabbitMQ did not start: ${reason(error)}\n${this.#logs()}`);
    }
  }

  /** Shuts the node down cleanly; the data stay. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Kills the node's Erlang VM, as a crash would; the data stay. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops the node's process by SIGSTOP: its connections stay, and it does not answer. */
  pause(): void {
    this.#server?.signal("SIGSTOP");
  }

  /** Lets a paused node go on. */
  resume(): void {
    this.#server?.signal("SIGCONT");
  }

  /** Shuts the node down cleanly and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Kills the node and removes its folder. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#epmd[Symbol.asyncDispose]();
    await removeFolder(this.folder);
  }

  get #output(): string {
    return `${this.folder}/server.out`;
  }

  async #answers(server: Daemon): Promise<boolean> {
    server.assertRunning();
    const { port, tls, managementPort } = this.node;
    return await answersAmqp(port) && (tls === undefined || await accepts(tls.port)) &&
      (managementPort === undefined || await accepts(managementPort)) &&
      await this.#isRunning();
  }

  /** A node answers before it counts as running, and until then its commands see no connection. */
  async #isRunning(): Promise<boolean> {
    if (!erlCallInstalled()) return true;
    try {
      await evaluate(this.node, "true = rabbit:is_running(), ok");
      return true;
    } catch {
      return false;
    }
  }

  async #end(signal: Deno.Signal): Promise<void> {
    await this.#server?.end(signal);
    this.#server = undefined;
  }

  #logs(): string {
    return `${tail(this.#output)}\n${tail(`${this.folder}/log/node.log`)}`;
  }
}

/**
 * Starts a private node and waits until it answers AMQP, which takes about 7 s.
 *
 * @throws {Error} When RabbitMQ is not installed, or when the node does not answer within 60 s;
 * then with the end of its log.
 */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<PrivateRabbitmq> {
  await using undo = new AsyncDisposableStack();
  const name = `pq-${crypto.randomUUID().slice(0, 8)}@localhost`;
  const node = undo.use(await prepareRabbitmq(options, { name, epmdPort: freePort() }));
  await node.start();
  undo.move();
  return node;
}

/**
 * Chooses the ports of a node and writes its files; it does not start the node.
 *
 * @throws {Error} When RabbitMQ is not installed.
 */
export async function prepareRabbitmq(
  options: RabbitmqOptions,
  identity: ErlangIdentity,
): Promise<PrivateRabbitmq> {
  const { programs = programFolder(), port = freePort() } = options;
  requireRabbitmq(programs);
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "pq-rabbitmq-" });
  undo.defer(() => removeFolder(folder));
  const env = environment(folder, port, identity);
  const tls = options.tls && { port: freePort(), ...await makeCertificates(folder, env) };
  const managementPort = options.management ? freePort() : undefined;
  const listeners = { ...tls && { tls }, ...managementPort && { managementPort } };
  await Deno.writeTextFile(`${folder}/rabbitmq.conf`, configuration(port, options, listeners));
  const plugins = options.management ? "[rabbitmq_management].\n" : "[].\n";
  await Deno.writeTextFile(`${folder}/enabled_plugins`, plugins);
  await Deno.writeTextFile(`${folder}/advanced.config`, options.advanced ?? "[].\n");
  if (identity.cookie) await writeCookie(folder, identity.cookie);
  undo.move();
  const { epmdPort } = identity;
  return new PrivateRabbitmq({ folder, programs, port, epmdPort, env, ...listeners });
}

/** Erlang refuses a cookie that others may read. */
async function writeCookie(folder: string, cookie: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/.erlang.cookie`, cookie, { mode: 0o400 });
}

/** Reports whether a server on `port` answers the AMQP 0-9-1 handshake. */
async function answersAmqp(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const timer = setTimeout(() => connection.close(), HANDSHAKE_MS);
    try {
      await connection.write(PROTOCOL_HEADER);
      const answer = new Uint8Array(8);
      // A method frame, Connection.Start, starts with 1.
      return await connection.read(answer) !== null && answer[0] === 1;
    } finally {
      clearTimeout(timer);
    }
  } catch {
    return false;
  }
}
