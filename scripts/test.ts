/**
 * The test command: `deno task test [arguments of deno test]`, and `deno task test:full` for the
 * long tests.
 *
 * It starts private RabbitMQ and PostgreSQL servers where they are installed, runs `deno test` with
 * them, stops them, and prints as its last line `N passed, N failed, N skipped`. It exits with 1
 * when anything failed.
 *
 * Without paths it checks the types once and runs every file, several beside each other, each lane
 * with servers of its own; `scripts/test/plan.ts` says what runs when. It prints a line for each
 * file, failures in full, and the slowest files. With paths it shows what `deno test` prints.
 *
 * `RABBITMQ_4_BIN` is the folder of the programs of a further RabbitMQ: `test:full` then also runs
 * the tests of RabbitMQ that are not long on that one.
 *
 * @module
 */

import process from "node:process";
import { reason, removeFolder, signalled } from "./private_server.ts";
import { requireRabbitmq } from "./rabbitmq.ts";
import { countsLine, failure, type Outcome, together } from "./test/counts.ts";
import { withoutSettings } from "./test/environment.ts";
import { type Plan, plan, planLong, planRabbitmq, testFiles } from "./test/plan.ts";
import { Runner } from "./test/runner.ts";
import { slowest } from "./test/output.ts";
import {
  isRequired,
  notInstalled,
  postgres,
  rabbitmq,
  rabbitmqOf,
  type TestServer,
} from "./test/servers.ts";

/** How many runs go on at once: one more than there are cores, as tests wait for much. */
const LANES = Math.min(navigator.hardwareConcurrency + 1, 4);

/** Servers that tests use, and the environment that describes them. */
class Servers implements AsyncDisposable {
  readonly env: Record<string, string> = {};
  readonly #started = new AsyncDisposableStack();

  /** Starts one of each kind that is installed. */
  static async start(...kinds: readonly TestServer[]): Promise<Servers> {
    const servers = new Servers();
    const starts = kinds.filter(isWanted).map(async (kind) => {
      const server = servers.#started.use(await kind.start());
      Object.assign(servers.env, kind.env, { [kind.variable]: server.describe() });
    });
    // All are waited for, so that what has started is known when one fails.
    for (const start of await Promise.allSettled(starts)) {
      if (start.status === "fulfilled") continue;
      await servers[Symbol.asyncDispose]();
      throw start.reason;
    }
    return servers;
  }

  /** Stops the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }
}

function isWanted(kind: TestServer): boolean {
  if (kind.installed()) return true;
  if (isRequired(kind)) throw notInstalled(kind);
  return false;
}

/** Says once which tests are skipped. */
function printSkipped(): void {
  for (const { title, package: name } of [rabbitmq, postgres].filter((kind) => !kind.installed())) {
    console.log(`${title} is not installed: its tests are skipped (apt-get install ${name})`);
  }
}

/** Runs the tests that the arguments ask for. */
async function runTests(args: readonly string[], runner: Runner): Promise<Outcome> {
  const [isFull, options] = [args.includes("--full"), args.filter((arg) => arg !== "--full")];
  const missing = options.find((arg) => /^[^-].*\.ts$/.test(arg) && !isPath(arg));
  if (missing !== undefined) return failure(`there is no file ${missing}`);
  if (options.filter((arg) => !arg.startsWith("-")).some(isPath)) {
    await using servers = await Servers.start(rabbitmq, postgres);
    return await runner.show(options, servers.env);
  }
  const outcomes = isFull ? await runFull(options, runner) : await runUsual(options, runner);
  for (const line of slowest(runner.files)) console.log(line);
  return together(outcomes);
}

/** Runs the tests that are not long, and checks the types beside them. */
async function runUsual(options: readonly string[], runner: Runner): Promise<Outcome[]> {
  const types = runner.checkTypes();
  const outcomes = await runAll(plan(testFiles("tests")), rabbitmq, options, runner);
  return [...outcomes, await types];
}

/** Runs the long tests, and those of RabbitMQ on the further version. */
async function runFull(options: readonly string[], runner: Runner): Promise<Outcome[]> {
  const programs = process.env["RABBITMQ_4_BIN"];
  if (programs) requireRabbitmq(programs, "RABBITMQ_4_BIN");
  const files = testFiles("tests");
  const outcomes = await runAll(planLong(files), rabbitmq, options, runner);
  if (!programs) return outcomes;
  console.log(`the tests of RabbitMQ, on the one in ${programs}:`);
  const others = await runAll(planRabbitmq(files), rabbitmqOf(programs), options, runner);
  return [...outcomes, ...others];
}

/**
 * Runs what a plan says, each lane taking what is next. A test of PostgreSQL has a database of its
 * own, so that all share a server; tests of RabbitMQ close connections and raise alarms, so that
 * each lane has one.
 */
async function runAll(
  { beside, alone }: Plan,
  broker: TestServer,
  options: readonly string[],
  runner: Runner,
): Promise<Outcome[]> {
  await using shared = await Servers.start(postgres);
  const waiting = [...beside];
  const outcomes: Outcome[] = [];
  const work = async (isFirst: boolean) => {
    await using own = await Servers.start(broker);
    const run = async (runs: (readonly string[])[]) => {
      for (let next = runs.shift(); next; next = runs.shift()) {
        outcomes.push(await runner.run(next, options, { ...shared.env, ...own.env }));
      }
    };
    await run(waiting);
    if (!isFirst) return;
    await Promise.allSettled(others);
    await run([...alone]);
  };
  const others = Array.from({ length: Math.min(LANES, beside.length) - 1 }, () => work(false));
  // All are waited for, so that no lane still uses what is stopped when one fails.
  for (const lane of await Promise.allSettled([work(true), ...others])) {
    if (lane.status === "rejected") throw lane.reason;
  }
  return outcomes;
}

/** Whether an argument is a path, rather than the value of an option. */
function isPath(arg: string): boolean {
  if (arg.includes("*")) return true;
  try {
    Deno.statSync(arg);
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  // The workers' folders that tests make must not be writable by a group.
  Deno.umask(0o022);
  using ending = signalled();
  const folder = await Deno.makeTempDir({ prefix: "pq-test-" });
  // The user that a private PostgreSQL runs as must get through to its folder.
  await Deno.chmod(folder, 0o711);
  const env = { ...withoutSettings(Deno.env.toObject()), TMPDIR: folder };
  printSkipped();
  const { counts, problem } = await runTests(Deno.args, new Runner(env, ending.received))
    .catch((error) => failure(reason(error)));
  await removeFolder(folder);
  if (problem) console.error(problem);
  console.log(countsLine(counts));
  Deno.exitCode = counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
