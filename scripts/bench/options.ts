/**
 * The options of `deno task bench`.
 *
 * @module
 */

import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { DEFAULT_PREFETCH } from "../../lib/engine/host/describe.ts";

/** What can be measured alone. */
export type Alone = "mail" | "push" | "outgoing" | "failed" | "events" | "idle" | "growth";

/** Options of the benchmark. */
export interface BenchOptions {
  /** What is measured, and nothing else; `undefined` for all rows of the engine. */
  readonly alone: Alone | undefined;
  /** Events that each row measures. */
  readonly events: number;
  readonly rounds: number;
  readonly prefetch: number;
  /** Root of another checkout to compare with. */
  readonly against: string | undefined;
  /** File of a saved run to compare with. */
  readonly savedRun: string | undefined;
  /** File that the run is saved as. */
  readonly save: string | undefined;
  /** Measures only rows whose name contains this. Empty: all rows. */
  readonly rows: string;
}

/** What can be measured alone, with the default number of its events. */
const ALONE: Readonly<Record<Alone, string>> = {
  mail: "1000",
  push: "10000",
  outgoing: "1000",
  failed: "1000000",
  events: "30",
  idle: "1",
  growth: "20000",
};
const EVENTS = "100000";
/** Of all rows, which take long. */
const ROUNDS = "3";
const ROUNDS_ALONE = "5";

/** How the command is used. */
export const USAGE = `usage: deno task bench [--events N] [--rounds N] [--prefetch N] [--rows TEXT]
       deno task bench [--save FILE] [--against FILE] [options as above]
       deno task bench --against FOLDER [options as above]
       deno task bench mail [--events N] [--rounds N]
       deno task bench push [--events N] [--rounds N]
       deno task bench outgoing [--events N]
       deno task bench failed [--events N]
       deno task bench events [--events N]
       deno task bench idle
       deno task bench growth [--events N]`;

/**
 * Reads the command line.
 *
 * @param folder The folder that a relative path starts from.
 * @param isFile Whether a path is a file, as a saved run is; a checkout is a folder.
 * @throws {TypeError} When an option is unknown or has a wrong value.
 */
export function parseOptions(
  args: readonly string[],
  folder: string,
  isFile: (path: string) => boolean = isAFile,
): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      events: { type: "string" },
      rounds: { type: "string" },
      prefetch: { type: "string", default: String(DEFAULT_PREFETCH) },
      against: { type: "string" },
      save: { type: "string" },
      rows: { type: "string", default: "" },
    },
  });
  const alone = aloneOf(positionals);
  const against = values.against === undefined ? undefined : resolve(folder, values.against);
  const isSaved = against !== undefined && isFile(against);
  const checkout = isSaved ? undefined : against;
  const { rows, save } = values;
  if (alone && checkout !== undefined) {
    throw new TypeError(
      `${alone} cannot be used with --against FOLDER, only with the file of a saved run`,
    );
  }
  if (alone && rows !== "") throw new TypeError(`--rows cannot be used with ${alone}`);
  if (save !== undefined && checkout !== undefined) {
    throw new TypeError("--save cannot be used with --against FOLDER");
  }
  return {
    alone,
    events: positive("events", values.events ?? (alone ? ALONE[alone] : EVENTS)),
    rounds: positive(
      "rounds",
      values.rounds ?? (alone || checkout !== undefined ? ROUNDS_ALONE : ROUNDS),
    ),
    prefetch: positive("prefetch", values.prefetch),
    against: checkout,
    savedRun: isSaved ? against : undefined,
    save: save === undefined ? undefined : resolve(folder, save),
    rows,
  };
}

function aloneOf([first, ...others]: readonly string[]): Alone | undefined {
  const isKnown = first !== undefined && Object.hasOwn(ALONE, first);
  const unknown = isKnown ? others[0] : first;
  if (unknown === undefined) return first as Alone | undefined;
  throw new TypeError(`${unknown} is unknown: there are ${Object.keys(ALONE).join(", ")}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`--${name} is ${text}: it must be a whole number over 0`);
}

function isAFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
