/**
 * The command `deno task crash --repairs`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { openRabbitmq } from "../../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { failedQueueName } from "../../../lib/engine/settle/retry.ts";
import { removeFolder } from "../../private_server.ts";
import { startRabbitmq } from "../../rabbitmq.ts";
import { orUsage } from "../../usage.ts";
import { bundleProgram } from "../program.ts";
import { Random } from "../random.ts";
import { killRepairs } from "./kill.ts";
import { isGoodRepair, judgeRepairs, repairReport } from "./verdict.ts";

/** The command line. */
export const REPAIRS_USAGE =
  "deno task crash --repairs [--kills 50] [--seed N] [--type classic|quorum]";
const QUEUE = "crash_repairs";
const LETTERS = 3000;
/** A loaded disk may take long. */
const PUBLISH_SECONDS = 300;

/** Runs it once, and prints the report. @returns The exit code. */
export async function runRepairs(): Promise<number> {
  const { kills, seed, type } = orUsage(`usage: ${REPAIRS_USAGE}`, () => parseOptions(Deno.args));
  const folder = await Deno.makeTempDir({ prefix: "pq-crash-" });
  console.log(`${kills} kills, ${type} queues, seed ${seed}; files in ${folder}\n`);
  const program = await bundleProgram(`${folder}/program`);
  await using server = await startRabbitmq();
  await using broker = await openRabbitmq({
    url: server.url,
    queueType: type,
    publishTimeoutSeconds: PUBLISH_SECONDS,
  });
  await broker.declare(QUEUE);
  await broker.declare(failedQueueName(QUEUE));
  const env = { AMQP_URL: server.url, STATE_DIR: `${folder}/state` };
  const evidence = await killRepairs({
    broker,
    queue: QUEUE,
    stateDir: env.STATE_DIR,
    start: (args) => start(program.main, args, env),
    kills,
    letters: LETTERS,
    random: new Random(seed, "repairs"),
    say: (line) => console.log(line),
  });
  const verdict = judgeRepairs(evidence);
  const { putBack, saved, left } = evidence;
  console.log(`\n${putBack.length} put back, ${saved.length} saved, ${left.length} left`);
  for (const line of repairReport(verdict)) console.log(line);
  if (!isGoodRepair(verdict)) return 1;
  await removeFolder(folder);
  return 0;
}

function start(program: string, args: readonly string[], env: Record<string, string>) {
  const options = { env, stdout: "null", stderr: "inherit", stdin: "null" } as const;
  const denoArgs = ["run", "-A", "--quiet", "--no-check", program, ...args];
  const child = new Deno.Command(Deno.execPath(), { args: denoArgs, ...options }).spawn();
  return { kill: () => child.kill("SIGKILL"), ended: child.status };
}

/** @throws {TypeError} When an option is unknown or not what it should be. */
function parseOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      repairs: { type: "boolean", default: false },
      kills: { type: "string", default: "50" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
      type: { type: "string", default: "classic" },
    },
  });
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (!Number.isInteger(kills) || kills < 1) throw new TypeError("--kills must be a number over 0");
  if (!Number.isInteger(seed)) throw new TypeError("--seed must be a whole number");
  const type = (["classic", "quorum"] as const).find((name) => name === values.type);
  if (!type) throw new TypeError(`--type is ${values.type}: it must be classic or quorum`);
  return { kills, seed, type };
}
