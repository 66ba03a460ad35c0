/**
 * A handle on a running node, also on one that another process started.
 *
 * @module
 */

import { run } from "../private_server.ts";
import type { TlsListener } from "./configuration.ts";
import { erlCallInstalled, evaluate, expressionOf } from "./erl_call.ts";
import { programPath } from "./programs.ts";

/** Everything that a process needs to use a node. */
export interface Node {
  readonly folder: string;
  /** The folder of RabbitMQ's programs. */
  readonly programs: string;
  readonly port: number;
  readonly epmdPort: number;
  /** The whole environment of RabbitMQ's programs. */
  readonly env: Readonly<Record<string, string>>;
  readonly tls?: TlsListener;
  readonly managementPort?: number;
}

/** A running node. This handle does not start or stop it. */
export class AttachedRabbitmq implements AsyncDisposable {
  /** The node. */
  protected readonly node: Node;

  /** Use {@linkcode attachRabbitmq} or `startRabbitmq`. */
  constructor(node: Node) {
    this.node = node;
  }

  /** AMQP URL with user and password. */
  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.node.port}`;
  }

  /** Its name for Erlang. */
  get name(): string {
    return this.node.env["RABBITMQ_NODENAME"] ?? "";
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

  /** URL of its management, without a user; undefined unless the node was started with it. */
  get managementUrl(): string | undefined {
    const { managementPort: port } = this.node;
    return port === undefined ? undefined : `http://127.0.0.1:${port}`;
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
   * Runs rabbitmqctl on the node and returns what it printed, for example
   * `ctl("list_queues", "--quiet", "name", "messages")`. Commands that tests use often are sent by
   * `erl_call` where that is installed; they print nothing then, and take a tenth of the time.
   *
   * @throws {Error} With rabbitmqctl's message when it fails.
   */
  async ctl(...args: string[]): Promise<string> {
    const expression = expressionOf(args);
    if (expression === undefined || !erlCallInstalled()) {
      return await run(programPath(this.node.programs, "rabbitmqctl"), args, {
        env: this.node.env,
      });
    }
    await evaluate(this.node, expression);
    return "";
  }

  /** JSON from which {@linkcode attachRabbitmq} makes a handle in another process. */
  describe(): string {
    return JSON.stringify(this.node);
  }

  /** Does nothing: whoever started the node ends it. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/**
 * A handle on a node that another process started.
 *
 * @param description What the node's `describe()` returned.
 * @throws {Error} When the description is anything else.
 */
export function attachRabbitmq(description: string): AttachedRabbitmq {
  const node: unknown = JSON.parse(description);
  if (isNode(node)) return new AttachedRabbitmq(node);
  throw new Error(
    "this is no description of a RabbitMQ node, as describe() of scripts/rabbitmq/attached.ts " +
      "returns it: unset TEST_RABBITMQ",
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null &&
    "folder" in value && "programs" in value && "port" in value && "env" in value;
}
