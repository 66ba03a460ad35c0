/**
 * RabbitMQ's management over HTTP, as far as `doctor` asks it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { z } from "zod";
import { environmentProxy } from "../../domain/http/environment_proxy.ts";
import { HttpError } from "../../domain/http/http_error.ts";
import { words } from "../../domain/http/failure.ts";
import { ServiceHttp, type ServiceResponse } from "../../domain/http/service_fetch.ts";
import type { ManagedNode, ManagedQueue } from "../../operations/doctor/management/facts.ts";

/** Where the management is, and who asks. */
export interface ManagementOptions {
  /** `http://host:port` or `https://host:port`; user and password in it are not used. */
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  /** The virtual host of the queues. */
  readonly vhost: string;
  /** A further authority that is trusted, in PEM. */
  readonly ca?: string | undefined;
  /** How long each answer may take. */
  readonly timeoutSeconds: number;
}

/** Why the management says nothing. No password is in it. */
export class ManagementError extends Error {
  override readonly name = "ManagementError";
  /** What to do. */
  readonly fix: string;
  /** @param message What is wrong, and where. @param fix What to do. */
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** A cluster with thousands of queues. */
const MOST_BYTES = 64 * 1024 ** 2;
/** Only these are sent: all that is known of a queue is much more. */
const QUEUE_COLUMNS =
  "name,type,state,messages_ready,messages_unacknowledged,consumers,arguments," +
  "policy,operator_policy,effective_policy_definition,leader,members,online";
const NODE_COLUMNS = "name,running,mem_alarm,disk_free_alarm,partitions";

/** RabbitMQ writes an empty object as `[]`. */
const DEFINITION = z.record(z.string(), z.unknown()).catch({});
const NAMES = z.array(z.string()).catch([]);
const TEXT = z.string().nullable().catch(null);
const COUNT = z.number().nullable().catch(null);

const QUEUE = z.object({
  name: z.string(),
  type: TEXT,
  state: TEXT,
  messages_ready: COUNT,
  messages_unacknowledged: COUNT,
  consumers: COUNT,
  arguments: DEFINITION,
  policy: TEXT,
  operator_policy: TEXT,
  effective_policy_definition: DEFINITION,
  leader: TEXT,
  members: NAMES,
  online: NAMES,
}).transform(({ arguments: args, policy, operator_policy, ...queue }): ManagedQueue => ({
  name: queue.name,
  type: queue.type,
  state: queue.state,
  ready: queue.messages_ready,
  unacked: queue.messages_unacknowledged,
  consumers: queue.consumers,
  args,
  policy: queue.effective_policy_definition,
  policies: [policy, operator_policy].filter((name) => name !== null).filter(Boolean),
  leader: queue.leader,
  members: queue.members,
  online: queue.online,
}));

const NODE = z.object({
  name: z.string(),
  running: z.boolean().catch(true),
  mem_alarm: z.boolean().catch(false),
  disk_free_alarm: z.boolean().catch(false),
  partitions: NAMES,
}).transform(({ name, running, mem_alarm, disk_free_alarm, partitions }): ManagedNode => ({
  name,
  isRunning: running,
  hasMemoryAlarm: mem_alarm,
  hasDiskAlarm: disk_free_alarm,
  partitions,
}));

/** The management of a cluster, which is asked everything once. Dispose it to end what is under way. */
export class ManagementApi implements Disposable {
  readonly #options: ManagementOptions;
  readonly #place: string;
  #http: ServiceHttp | undefined;
  #queues: Promise<ManagedQueue[]> | undefined;

  /** Connects with the first question. */
  constructor(options: ManagementOptions) {
    this.#options = options;
    this.#place = `RabbitMQ's management at ${options.url.host}`;
  }

  /** The virtual host of the queues. */
  get vhost(): string {
    return this.#options.vhost;
  }

  /** The queues of the virtual host. @throws {ManagementError} When there is no answer. */
  queues(): Promise<readonly ManagedQueue[]> {
    return this.#queues ??= this.#askQueues();
  }

  /** The nodes of the cluster. @throws {ManagementError} When there is no answer. */
  async nodes(): Promise<readonly ManagedNode[]> {
    return this.#read(z.array(NODE), await this.#get(`nodes?columns=${NODE_COLUMNS}`));
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#http?.[Symbol.dispose]();
  }

  async #askQueues(): Promise<ManagedQueue[]> {
    const path = `queues/${encodeURIComponent(this.#options.vhost)}?columns=${QUEUE_COLUMNS}`;
    return this.#read(z.array(QUEUE), await this.#get(path));
  }

  async #get(path: string): Promise<ServiceResponse> {
    const { url, user, password, timeoutSeconds } = this.#options;
    const { origin, pathname } = url;
    const login = Buffer.from(`${user}:${password}`).toString("base64");
    const proxy = environmentProxy(url, process.env);
    if (proxy !== undefined) {
      // It would read the password.
      throw new ManagementError(
        `${this.#place} is not asked, as ${proxy} has a proxy for it`,
        `add ${url.hostname} to NO_PROXY`,
      );
    }
    const address = `${origin}${pathname.replace(/\/+$/, "")}/api/${path}`;
    try {
      return await this.#client().fetch(address, {
        headers: { authorization: `Basic ${login}`, accept: "application/json" },
        timeoutMs: timeoutSeconds * 1000,
        maxBytes: MOST_BYTES,
      });
    } catch (error) {
      if (error instanceof HttpError) throw new ManagementError(error.message, REACH);
      // The certificates cannot be used.
      if (!(error instanceof TypeError)) throw error;
      throw new ManagementError(
        `${this.#place} cannot be asked: ${error.message}`,
        "check the certificates in AMQP_CA_FILE",
      );
    }
  }

  #client(): ServiceHttp {
    const { url: { host }, ca } = this.#options;
    return this.#http ??= new ServiceHttp({ name: this.#place, hosts: [host], ca });
  }

  #read<Value>(shape: z.ZodType<Value>, { status, text }: ServiceResponse): Value {
    const reason = status === 401 || status === 403 ? reasonIn(text) : undefined;
    if (reason !== undefined) throw this.#refused(reason);
    const value = status === 200 ? shape.safeParse(jsonIn(text)) : undefined;
    if (value?.success) return value.data;
    const answer = status === 200 ? "something else than RabbitMQ does" : `status ${status}`;
    throw new ManagementError(`${this.#place} answers with ${answer}`, REACH);
  }

  #refused(reason: string): ManagementError {
    const { user } = this.#options;
    // What RabbitMQ says to a user without the tag.
    const fix = /^not \w+ user$/i.test(reason)
      ? "let the user look, beside the tags that it has: rabbitmqctl set_user_tags " +
        `${user} monitoring`
      : "check the user, the password and the virtual host";
    return new ManagementError(`${this.#place} refuses user ${user} (${words(reason)})`, fix);
  }
}

const REACH = "check the address of --management, its virtual host and that the plugin is on: " +
  "rabbitmq-plugins enable rabbitmq_management";

/** Why RabbitMQ refuses a user; what is between may answer without. */
function reasonIn(text: string): string | undefined {
  return z.object({ reason: z.string() }).safeParse(jsonIn(text)).data?.reason;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
