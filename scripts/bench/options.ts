/**
 * The options of `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { DEFAULT_PREFETCH } from "../../lib/engine/host/describe.ts";

/** Options of the benchmark. */
export interface BenchOptions {
  /** Whether the worker of mails is measured, and nothing else. */
  readonly isMail: boolean;
  /** Whether the transport of pushes is measured, and nothing else. */
  readonly isPush: boolean;
  /** Whether the worker of outgoing webhooks is measured, and nothing else. */
  readonly isOutgoing: boolean;
  /** Whether repairs of many dead letters are measured, and nothing else. */
  readonly isFailed: boolean;
  /** Whether the event server is measured, and nothing else. */
  readonly isEvents: boolean;
  /** Whether all queues are measured while nothing happens, and nothing else. */
  readonly isIdle: boolean;
  /** Events that each row measures. */
  readonly events: number;
  readonly rounds: number;
  readonly prefetch: number;
  /** Root of another checkout to compare with. */
  readonly against: string | undefined;
  /** Compares only rows whose name contains this. Empty: all rows. */
  readonly rows: string;
}

/** What can be measured alone, with the default number of its events. */
const ALONE: Readonly<Record<string, string>> = {
  mail: "1000",
  push: "10000",
  outgoing: "1000",
  failed: "1000000",
  events: "30",
  idle: "1",
};
const EVENTS = "100000";

/**
 * Reads the command line.
 *
 * @param folder The folder that a relative path starts from.
 * @throws {TypeError} When an option is unknown or has a wrong value.
 */
export function parseOptions(args: readonly string[], folder: string): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      events: { type: "string" },
      rounds: { type: "string", default: "5" },
      prefetch: { type: "string", default: String(DEFAULT_PREFETCH) },
      against: { type: "string" },
      rows: { type: "string", default: "" },
    },
  });
  const { against, rows } = values;
  const [first = ""] = positionals;
  const alone = first in ALONE ? first : undefined;
  const unknown = positionals[alone === undefined ? 0 : 1];
  if (unknown !== undefined) {
    throw new TypeError(
      `${unknown} is unknown: there are mail, push, outgoing, failed, events and idle`,
    );
  }
  if (alone && against !== undefined) throw new TypeError(`${alone} cannot be used with --against`);
  if (rows !== "" && against === undefined) throw new TypeError("--rows needs --against");
  return {
    isMail: alone === "mail",
    isPush: alone === "push",
    isOutgoing: alone === "outgoing",
    isFailed: alone === "failed",
    isEvents: alone === "events",
    isIdle: alone === "idle",
    events: positive("events", values.events ?? ALONE[first] ?? EVENTS),
    rounds: positive("rounds", values.rounds),
    prefetch: positive("prefetch", values.prefetch),
    against: against === undefined ? undefined : resolve(folder, against),
    rows,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`--${name} is ${text}: it must be a whole number over 0`);
}
