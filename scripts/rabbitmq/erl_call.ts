/**
 * The commands of rabbitmqctl that tests use often, by `erl_call`, which comes with Erlang and takes
 * 50 ms; rabbitmqctl starts an Erlang of its own and takes more than a second of CPU.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const PROGRAM = "/usr/bin/erl_call";

/** The node that is asked. */
export interface ErlangNode {
  /** Has the file with its cookie. */
  readonly folder: string;
  /** The whole environment of RabbitMQ's programs. */
  readonly env: Readonly<Record<string, string>>;
}

/** Reports whether `erl_call` is installed. */
export function erlCallInstalled(): boolean {
  return statSync(PROGRAM, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The commands by name: how many arguments they take, and their Erlang. */
const COMMANDS: Readonly<
  Record<string, readonly [count: number, of: (...args: string[]) => string]>
> = {
  add_vhost: [1, (host) => `rabbit_vhost:add(${binaries(host)}, ${BY})`],
  delete_vhost: [1, (host) => `rabbit_vhost:delete(${binaries(host)}, ${BY})`],
  add_user: [2, (user, password) => users("add_user", user, password)],
  delete_user: [1, (user) => users("delete_user", user)],
  set_permissions: [4, (user, ...patterns) => users("set_permissions", user, "/", ...patterns)],
  "set_permissions -p": [5, (host, user, ...patterns) => {
    return users("set_permissions", user, host, ...patterns);
  }],
  close_all_connections: [1, (reason) => {
    return `[rabbit_networking:close_connection(P, ${JSON.stringify(reason)}) || ` +
      `P <- rabbit_networking:connections()]`;
  }],
};

/**
 * The Erlang expression that does what a command of rabbitmqctl does.
 *
 * @param args The command and its arguments.
 * @returns `undefined` for a command that is not known here, or that lacks arguments.
 */
export function expressionOf([name = "", ...args]: readonly string[]): string | undefined {
  if (args[0] === "-p") return expressionOf([`${name} -p`, ...args.slice(1)]);
  const [count, expression] = COMMANDS[name] ?? [];
  return count === args.length ? expression?.(...args) : undefined;
}

function users(name: string, ...args: readonly string[]): string {
  return `rabbit_auth_backend_internal:${name}(${binaries(...args)}, ${BY})`;
}

/** Who does it, for RabbitMQ's log. */
const BY = binaries("tests");

/** Erlang binaries with the UTF-8 of texts, separated by commas. */
function binaries(...texts: readonly string[]): string {
  return texts.map((text) => `<<${new TextEncoder().encode(text).join(",")}>>`).join(", ");
}

/**
 * Evaluates an expression on a node.
 *
 * @throws {Error} With the node's answer, when that is neither `ok` nor a list of these.
 */
export async function evaluate({ folder, env }: ErlangNode, expression: string): Promise<void> {
  const cookie = readFileSync(join(folder, ".erlang.cookie"), "utf8").trim();
  const child = new Deno.Command(PROGRAM, {
    args: ["-n", env["RABBITMQ_NODENAME"] ?? "", "-c", cookie, "-e"],
    env: { ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([`${expression}.\n`]).stream().pipeTo(child.stdin),
  ]);
  const text = new TextDecoder();
  const answer = text.decode(stdout).trim();
  if (/^\{ok, (ok|\[(ok(, ?ok)*)?\])\}$/.test(answer)) return;
  throw new Error(`${expression} failed: ${answer} ${text.decode(stderr).trim()}`);
}
