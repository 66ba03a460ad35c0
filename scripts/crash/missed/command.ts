/**
 * The command `deno task crash --missed`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { startPostgres } from "../../postgres.ts";
import { removeFolder, signalled } from "../../private_server.ts";
import { startRabbitmq } from "../../rabbitmq.ts";
import { orUsage } from "../../usage.ts";
import { type DatabaseName, DATABASES } from "../mail/report.ts";
import { bundleProgram } from "../program.ts";
import { crashMissed } from "./crash_missed.ts";
import { isGoodMissed, missedReport } from "./report.ts";

/** The command line. */
export const MISSED_USAGE = `deno task crash --missed [--broker rabbitmq|embedded] [--database ${
  DATABASES.join("|")
}]
       deno task crash --missed [--rows N] [--users N] [--every SECONDS] [--send]`;

/** Runs it once, and prints the report. @returns The exit code. */
export async function runMissed(): Promise<number> {
  const { every, broker, database, ...more } = orUsage(
    `usage: ${MISSED_USAGE}`,
    () => parseOptions(Deno.args),
  );
  using ending = signalled();
  const early = new AbortController();
  void ending.received.then(() => early.abort());
  const folder = await Deno.makeTempDir({ prefix: "pq-crash-" });
  console.log(`a SIGKILL each ${every} s, ${broker}, ${database}; logs in ${folder}\n`);
  const program = await bundleProgram(`${folder}/program`);
  await using server = broker === "rabbitmq" ? await startRabbitmq() : undefined;
  await using postgres = database === "postgres" ? await startPostgres() : undefined;
  const kills = { kind: "every", seconds: every } as const;
  const given = { ...more, server, postgres, folder, program, kills, stop: early.signal };
  const result = await crashMissed(given);
  for (const line of missedReport(result)) console.log(line);
  if (!isGoodMissed(result)) return 1;
  await removeFolder(folder);
  return 0;
}

/** What the command line says. */
interface Options {
  readonly broker: "rabbitmq" | "embedded";
  readonly database: DatabaseName;
  readonly rows: number;
  readonly users: number;
  /** Seconds between two kills. */
  readonly every: number;
  readonly isSent: boolean;
}

/** @throws {TypeError} When an option is unknown or not what it should be. */
function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      missed: { type: "boolean" },
      broker: { type: "string", default: "rabbitmq" },
      database: { type: "string", default: "postgres" },
      rows: { type: "string", default: "100000" },
      users: { type: "string", default: "10000" },
      every: { type: "string", default: "10" },
      send: { type: "boolean", default: false },
    },
  });
  const { broker } = values;
  const database = DATABASES.find((name) => name === values.database);
  if (broker !== "rabbitmq" && broker !== "embedded") {
    throw new TypeError(`--broker is ${broker}: it must be rabbitmq or embedded`);
  }
  if (!database) {
    throw new TypeError(`--database is ${values.database}: it must be ${DATABASES.join(" or ")}`);
  }
  const number = (name: "rows" | "users" | "every") => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new TypeError(`--${name} is ${values[name]}: it must be a whole number over 0`);
  };
  const [rows, users, every] = [number("rows"), number("users"), number("every")];
  return { broker, database, rows, users, every, isSent: values.send };
}
