/**
 * The command `deno task crash --story`.
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
import { crashStory } from "./crash_story.ts";
import { isGoodStory, storyReport } from "./report.ts";

/** The command line. */
export const STORY_USAGE = `deno task crash --story [--broker embedded|rabbitmq] [--database ${
  DATABASES.join("|")
}]
       deno task crash --story [--kills N] [--seed N]`;

/** Runs it once, and prints the report. @returns The exit code. */
export async function runStory(): Promise<number> {
  const { broker, database, kills, seed } = orUsage(
    `usage: ${STORY_USAGE}`,
    () => parseStoryOptions(Deno.args),
  );
  using ending = signalled();
  const early = new AbortController();
  void ending.received.then(() => early.abort());
  const folder = await Deno.makeTempDir({ prefix: "pq-crash-" });
  console.log(`${kills} kills, ${broker}, ${database}, seed ${seed}; logs in ${folder}\n`);
  const program = await bundleProgram(`${folder}/program`);
  await using server = broker === "rabbitmq" ? await startRabbitmq() : undefined;
  await using postgres = database === "postgres" ? await startPostgres() : undefined;
  const given = { server, postgres, folder, program, kills, seed, stop: early.signal };
  const result = await crashStory(given);
  for (const line of storyReport(result)) console.log(line);
  if (!isGoodStory(result)) return 1;
  await removeFolder(folder);
  return 0;
}

/** What the command line says. */
export interface StoryCommand {
  /** @default {"embedded"} */
  readonly broker: "rabbitmq" | "embedded";
  /** @default {"postgres" with RabbitMQ, else "sqlite"} */
  readonly database: DatabaseName;
  /** @default {20} */
  readonly kills: number;
  /** @default {a random one} */
  readonly seed: number;
}

/** @throws {TypeError} When an option is unknown or not what it should be. */
export function parseStoryOptions(args: string[]): StoryCommand {
  const { values } = parseArgs({
    args,
    options: {
      story: { type: "boolean" },
      broker: { type: "string", default: "embedded" },
      database: { type: "string" },
      kills: { type: "string", default: "20" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    },
  });
  const { broker } = values;
  if (broker !== "rabbitmq" && broker !== "embedded") {
    throw new TypeError(`--broker is ${broker}: it must be rabbitmq or embedded`);
  }
  const wanted = values.database ?? (broker === "rabbitmq" ? "postgres" : "sqlite");
  const database = DATABASES.find((name) => name === wanted);
  if (!database) {
    throw new TypeError(`--database is ${wanted}: it must be ${DATABASES.join(" or ")}`);
  }
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (!(Number.isSafeInteger(kills) && kills > 0)) {
    throw new TypeError(`--kills is ${values.kills}: it must be a whole number over 0`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new TypeError(`--seed is ${values.seed}: it must be a whole number`);
  }
  return { broker, database, kills, seed };
}
