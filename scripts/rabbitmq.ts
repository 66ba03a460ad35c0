/**
 * Private RabbitMQ nodes on 127.0.0.1, each with ports, data and an epmd of its
 * own, for tests, benchmarks and development.
 *
 * As a command it starts one node and ends it on Ctrl-C:
 *
 *     deno task rabbitmq
 *
 * @module
 */

import {
  accepts,
  Daemon,
  freePort,
  reason,
  removeFolder,
  run,
  signalled,
  tail,
  waitUntil,
} from "./private_server.ts";

const binaries = "/usr/lib/rabbitmq/bin";
const startDeadlineMs = 60_000;
const protocolHeader = new Uint8Array([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** How a private node is started. */
export interface RabbitmqOptions {
  /** AMQP port. Default: a free one. */
  readonly port?: number;
  /** Listens for AMQP over TLS too, on a free port. Default: plain AMQP only. */
  readonly tls?: RabbitmqTlsOptions;
  /** Further lines of rabbitmq.conf. Default: none. */
  readonly config?: string;
}

/** How a private node listens for TLS. */
export interface RabbitmqTlsOptions {
  /**
   * Whether a client must show the certificate in `clientCertFile`.
   * Default: false.
   */
  readonly clientCertificate?: boolean;
}

/** PEM files of a node that listens for TLS. */
interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** Everything another process needs to use a node. */
interface Node {
  readonly folder: string;
  readonly port: number;
  readonly epmdPort: number;
  readonly env: Readonly<Record<string, string>>;
  readonly tls?: TlsFiles & { readonly port: number };
}

/** Whether RabbitMQ's programs are on this machine. */
export function rabbitmqInstalled(): boolean {
  try {
    return Deno.statSync(`${binaries}/rabbitmq-server`).isFile;
  } catch {
    return false;
  }
}

/** A running node that somebody else starts and stops. */
export class AttachedRabbitmq implements AsyncDisposable {
  protected readonly node: Node;

  /** Use {@linkcode attachRabbitmq} or {@linkcode startRabbitmq}. */
  constructor(node: Node) {
    this.node = node;
  }

  /** AMQP URL with user and password. */
  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.node.port}`;
  }

  /** AMQP port. */
  get port(): number {
    return this.node.port;
  }

  /** URL of AMQP over TLS; undefined unless the node was started with `tls`. */
  get tlsUrl(): string | undefined {
    const { tls } = this.node;
    return tls && `amqps://guest:guest@127.0.0.1:${tls.port}`;
  }

  /** PEM file with the CA of the server's certificate, where there is TLS. */
  get caFile(): string | undefined {
    return this.node.tls?.caFile;
  }

  /** PEM file with a client certificate of the same CA, where there is TLS. */
  get clientCertFile(): string | undefined {
    return this.node.tls?.clientCertFile;
  }

  /** PEM file with the key of `clientCertFile`, where there is TLS. */
  get clientKeyFile(): string | undefined {
    return this.node.tls?.clientKeyFile;
  }

  /** Folder with configuration, data and logs. */
  get folder(): string {
    return this.node.folder;
  }

  /**
   * Runs rabbitmqctl on the node and answers what it printed, for example
   * `ctl("list_queues", "--quiet", "name", "messages")`. Takes about 0.5 s.
   *
   * @throws {Error} with rabbitmqctl's words when it fails.
   */
  ctl(...args: string[]): Promise<string> {
    return run(`${binaries}/rabbitmqctl`, args, { env: this.node.env });
  }

  /** JSON from which {@linkcode attachRabbitmq} makes a handle elsewhere. */
  describe(): string {
    return JSON.stringify(this.node);
  }

  /** Does nothing: the node belongs to who started it. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/**
 * A handle on a node that another process started, from that node's
 * `describe()`.
 *
 * @throws {Error} when the text is not what `describe()` answers.
 */
export function attachRabbitmq(description: string): AttachedRabbitmq {
  const node: unknown = JSON.parse(description);
  if (isNode(node)) return new AttachedRabbitmq(node);
  throw new Error(
    "the description of a RabbitMQ node is not what describe() of scripts/rabbitmq.ts answers: unset TEST_RABBITMQ",
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "folder" in value &&
    "port" in value &&
    "env" in value;
}

/** A node of one's own; disposing it ends it and removes its folder. */
export class PrivateRabbitmq extends AttachedRabbitmq {
  #server: Daemon | undefined;
  #epmd: Daemon | undefined;

  /** Process id of the Erlang VM; undefined while the node is down. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /**
   * Starts the node on its data and waits until it answers AMQP.
   *
   * @throws {Error} with the end of the node's log when it does not answer
   * within 60 s, or when the node is running already.
   */
  async start(): Promise<void> {
    if (this.#server) {
      throw new Error(`the RabbitMQ node of ${this.url} is running already`);
    }
    await this.#startEpmd();
    const { folder, env } = this.node;
    const log = `${folder}/server.out`;
    const server = Daemon.spawn(`${binaries}/rabbitmq-server`, [], log, {
      env,
      cwd: folder,
    });
    this.#server = server;
    try {
      await waitUntil(() => this.#answers(server), startDeadlineMs);
    } catch (error) {
      await this.kill();
      throw new Error(
        `RabbitMQ did not start: ${reason(error)}\n${this.#logs()}`,
      );
    }
  }

  /** Shuts the node down in order; the data stay. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Ends the node's Erlang VM by SIGKILL, as a crash would; the data stay. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops the node in order and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends the node and removes its folder. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#epmd?.end("SIGKILL");
    this.#epmd = undefined;
    await removeFolder(this.folder);
  }

  async #startEpmd(): Promise<void> {
    if (this.#epmd) return;
    const { folder, env, epmdPort } = this.node;
    const epmd = Daemon.spawn("epmd", [], `${folder}/epmd.out`, {
      env,
      cwd: folder,
    });
    this.#epmd = epmd;
    await waitUntil(() => {
      epmd.assertRunning();
      return accepts(epmdPort);
    }, startDeadlineMs);
  }

  async #answers(server: Daemon): Promise<boolean> {
    server.assertRunning();
    const { port, tls } = this.node;
    return await answersAmqp(port) &&
      (tls === undefined || await accepts(tls.port));
  }

  async #end(signal: Deno.Signal): Promise<void> {
    await this.#server?.end(signal);
    this.#server = undefined;
  }

  #logs(): string {
    const { folder } = this.node;
    return `${tail(`${folder}/server.out`)}\n${tail(`${folder}/log/node.log`)}`;
  }
}

/**
 * Starts a private node and waits until it answers AMQP, which takes about 7 s.
 *
 * @throws {Error} when RabbitMQ is not installed, or when the node does not
 * answer within 60 s; then with the end of its log.
 */
export async function startRabbitmq(
  options: RabbitmqOptions = {},
): Promise<PrivateRabbitmq> {
  if (!rabbitmqInstalled()) {
    throw new Error(
      `RabbitMQ is not installed: ${binaries}/rabbitmq-server is missing; run apt-get install rabbitmq-server`,
    );
  }
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "pq-rabbitmq-" });
  undo.defer(() => removeFolder(folder));
  const node = undo.use(new PrivateRabbitmq(await prepare(folder, options)));
  await node.start();
  undo.move();
  return node;
}

async function prepare(
  folder: string,
  options: RabbitmqOptions,
): Promise<Node> {
  const port = options.port ?? freePort();
  const epmdPort = freePort();
  const env = environment(folder, port, epmdPort);
  const tls = options.tls &&
    { port: freePort(), ...await makeCertificates(folder, env) };
  await Deno.writeTextFile(
    `${folder}/rabbitmq.conf`,
    configuration(port, options, tls),
  );
  return { folder, port, epmdPort, env, ...(tls ? { tls } : {}) };
}

/** Everything is given, so that nothing of the machine's own node is used. */
function environment(
  folder: string,
  port: number,
  epmdPort: number,
): Record<string, string> {
  const onlyLocal = "-kernel inet_dist_use_interface {127,0,0,1}";
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: folder,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `pq-${crypto.randomUUID().slice(0, 8)}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(freePort()),
    RABBITMQ_CONF_ENV_FILE: `${folder}/rabbitmq-env.conf`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONFIG_FILES: `${folder}/conf.d`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/advanced.config`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_LOGS: `${folder}/log/node.log`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    // The script then becomes the Erlang VM instead of watching over it.
    RUNNING_UNDER_SYSTEMD: "true",
    // A Ctrl-C for the test runner must not open Erlang's break menu.
    RABBITMQ_SERVER_START_ARGS: "+B i",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: onlyLocal,
    RABBITMQ_CTL_ERL_ARGS: onlyLocal,
    RABBITMQ_CTL_DIST_PORT_MIN: "19000",
    RABBITMQ_CTL_DIST_PORT_MAX: "19999",
  };
}

function configuration(
  port: number,
  options: RabbitmqOptions,
  tls: (TlsFiles & { port: number }) | undefined,
): string {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "loopback_users = none",
  ];
  if (tls) {
    lines.push(
      ...tlsConfiguration(tls, options.tls?.clientCertificate ?? false),
    );
  }
  if (options.config) lines.push(options.config);
  return lines.join("\n") + "\n";
}

function tlsConfiguration(
  tls: TlsFiles & { port: number },
  mustShow: boolean,
): string[] {
  return [
    `listeners.ssl.1 = 127.0.0.1:${tls.port}`,
    `ssl_options.cacertfile = ${tls.caFile}`,
    `ssl_options.certfile = ${tls.certFile}`,
    `ssl_options.keyfile = ${tls.keyFile}`,
    `ssl_options.verify = verify_peer`,
    `ssl_options.fail_if_no_peer_cert = ${mustShow}`,
  ];
}

/** A CA, and certificates of it for the server and for a client. */
async function makeCertificates(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<TlsFiles> {
  const file = (name: string) => `${folder}/${name}.pem`;
  const make = (name: string, ...more: string[]) =>
    run("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
        .split(" "),
      ...["-subj", `/CN=process-queue ${name}`, "-out", file(name)],
      ...["-keyout", file(`${name}-key`), ...more],
    ], { env });
  const signed = [
    "-CA",
    file("ca"),
    "-CAkey",
    file("ca-key"),
    "-addext",
    "basicConstraints=CA:FALSE",
  ];
  await make("ca");
  await make(
    "server",
    ...signed,
    "-addext",
    "subjectAltName=IP:127.0.0.1,DNS:localhost",
  );
  await make("client", ...signed);
  return {
    caFile: file("ca"),
    certFile: file("server"),
    keyFile: file("server-key"),
    clientCertFile: file("client"),
    clientKeyFile: file("client-key"),
  };
}

/** Whether a server on `port` answers the AMQP 0-9-1 handshake. */
async function answersAmqp(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const timer = setTimeout(() => connection.close(), 2_000);
    try {
      await connection.write(protocolHeader);
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

async function main(): Promise<void> {
  using ending = signalled();
  await using node = await startRabbitmq();
  console.log(`AMQP_URL=${node.url}`);
  console.log(
    `\nA private RabbitMQ node is running; its data are in ${node.folder}.`,
  );
  console.log(
    `Use it in another terminal:\n\n  AMQP_URL=${node.url} deno task start check-config\n`,
  );
  console.log("Ctrl-C ends it and removes its data.");
  await ending.received;
}

if (import.meta.main) await main();
