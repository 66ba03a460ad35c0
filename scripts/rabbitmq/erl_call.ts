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

/**
 * The Erlang expression that does what a command of rabbitmqctl does.
 *
 * @param args The command and its arguments.
 * @returns `undefined` for a command that is not known here.
 */
export function expressionOf([command, ...args]: readonly string[]): string | undefined {
  const [first = "", second = ""] = args;
  switch (command) {
    case "add_vhost":
      return `rabbit_vhost:add(${binary(first)}, ${BY})`;
    case "delete_vhost":
      return `rabbit_vhost:delete(${binary(first)}, ${BY})`;
    case "add_user":
      return `rabbit_auth_backend_internal:add_user(${binary(first)}, ${binary(second)}, ${BY})`;
    case "delete_user":
      return `rabbit_auth_backend_internal:delete_user(${binary(first)}, ${BY})`;
    case "set_permissions":
      return setPermissions(args);
    case "close_all_connections":
      return `[rabbit_networking:close_connection(P, ${JSON.stringify(first)}) || ` +
        `P <- rabbit_networking:connections()]`;
    default:
      return undefined;
  }
}

function setPermissions(args: readonly string[]): string {
  const [host = "", user = "", ...patterns] = args[0] === "-p" ? args.slice(1) : ["/", ...args];
  const parameters = [user, host, ...patterns].map(binary);
  return `rabbit_auth_backend_internal:set_permissions(${parameters.join(", ")}, ${BY})`;
}

/** Who does it, for RabbitMQ's log. */
const BY = binary("tests");

/** An Erlang binary with the UTF-8 of a text. */
function binary(text: string): string {
  return `<<${new TextEncoder().encode(text).join(",")}>>`;
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
