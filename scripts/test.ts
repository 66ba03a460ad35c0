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
 * @module
 */

import { reason, removeFolder, signalled } from "./private_server.ts";
import { countsLine, failure, type Outcome, together } from "./test/counts.ts";
import { withoutSettings } from "./test/environment.ts";
import { type Plan, plan, planLong, testFiles } from "./test/plan.ts";
import { Runner } from "./test/runner.ts";
import { slowest } from "./test/output.ts";
import { isRequired, notInstalled, postgres, rabbitmq, type TestServer } from "./test/servers.ts";

/** How many runs go on at once: tests wait a lot, so more than one on any machine. */
const LANES = Math.min(Math.max(navigator.hardwareConcurrency, 2), 4);

/** The servers of one lane, and the environment that describes them. */
class Lane implements AsyncDisposable {
  readonly env: Record<string, string> = {};
  readonly #servers = new AsyncDisposableStack();

  /** Starts the servers that are installed. */
  static async start(kinds: readonly TestServer[]): Promise<Lane> {
    const lane = new Lane();
    const starts = kinds.map(async (kind) => {
      const server = lane.#servers.use(await kind.start());
      lane.env[kind.variable] = server.describe();
    });
    // All are waited for, so that what has started is known when one fails.
    for (const start of await Promise.allSettled(starts)) {
      if (start.status === "fulfilled") continue;
      await lane[Symbol.asyncDispose]();
      throw start.reason;
    }
    return lane;
  }

  /** Stops the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers.disposeAsync();
  }
}

function isWanted(kind: TestServer): boolean {
  if (kind.installed()) return true;
  if (isRequired(kind)) throw notInstalled(kind);
  console.log(
    `${kind.title} is not installed: its tests are skipped (apt-get install ${kind.package})`,
  );
  return false;
}

/** Runs the tests that the arguments ask for. */
async function runTests(args: readonly string[], runner: Runner): Promise<Outcome> {
  const kinds = [rabbitmq, postgres].filter(isWanted);
  const [isFull, options] = [args.includes("--full"), args.filter((arg) => arg !== "--full")];
  if (options.filter((arg) => !arg.startsWith("-")).some(isPath)) {
    await using lane = await Lane.start(kinds);
    return await runner.show(options, lane.env);
  }
  const files = testFiles("tests");
  const types = isFull ? [] : [runner.checkTypes()];
  const outcomes = await runAll(isFull ? planLong(files) : plan(files), options, runner, kinds);
  for (const line of slowest(runner.files)) console.log(line);
  return together([...outcomes, ...await Promise.all(types)]);
}

/** Runs what a plan says, each lane taking what is next. */
async function runAll(
  { beside, alone }: Plan,
  options: readonly string[],
  runner: Runner,
  kinds: readonly TestServer[],
): Promise<Outcome[]> {
  await using lanes = new AsyncDisposableStack();
  const starts = Array.from({ length: Math.min(LANES, beside.length) }, async () => {
    return lanes.use(await Lane.start(kinds));
  });
  await Promise.allSettled(starts);
  const waiting = [...beside];
  const work = await Promise.all(starts.map(async (start, index) => {
    const lane = await start;
    const outcomes: Outcome[] = [];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      outcomes.push(await runner.run(next, options, lane.env));
    }
    // What runs alone then runs without the other lanes' servers.
    if (index > 0) await lane[Symbol.asyncDispose]();
    return outcomes;
  }));
  const [first] = await Promise.all(starts);
  for (const files of alone) work.push([await runner.run(files, options, first?.env ?? {})]);
  return work.flat();
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
  using ending = signalled();
  const folder = await Deno.makeTempDir({ prefix: "pq-test-" });
  // The user that a private PostgreSQL runs as must get through to its folder.
  await Deno.chmod(folder, 0o711);
  const env = { ...withoutSettings(Deno.env.toObject()), TMPDIR: folder };
  const { counts, problem } = await runTests(Deno.args, new Runner(env, ending.received))
    .catch((error) => failure(reason(error)));
  await removeFolder(folder);
  if (problem) console.error(problem);
  console.log(countsLine(counts));
  Deno.exitCode = counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
