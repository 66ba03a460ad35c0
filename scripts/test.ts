/**
 * The test command: `deno task test [arguments of deno test]`.
 *
 * It starts one private RabbitMQ and one private PostgreSQL where they are
 * installed, runs `deno test` with them, stops them, and prints as its last
 * line `N passed, N failed, N skipped`. It exits with 1 when anything failed.
 * Where no files are named, what shares no server runs beside the other tests,
 * and what looks at gaps of time runs after them, alone.
 *
 * @module
 */

import { reason, removeFolder, signalled } from "./private_server.ts";
import { isRequired, notInstalled, postgres, rabbitmq, type TestServer } from "./test_servers.ts";

const graceMs = 5_000;

/** What looks for how long something did not happen, and so needs a quiet machine. */
const QUIET = [
  "tests/engine/broker/sqlite/processes_test.ts",
  "tests/process/neighbours_test.ts",
  "tests/process/threads_test.ts",
];
/** What shares no server with other tests. */
const BESIDE = [
  "tests/architecture_test.ts",
  "tests/engine/consumer/property_test.ts",
  "tests/engine/consumer/suspects/suspects_test.ts",
  "tests/engine/consumer/consumer_test.ts",
  "tests/engine/consumer/redelivered_test.ts",
  "tests/engine/consumer/consumer_window_test.ts",
  "tests/scripts/crash_test.ts",
  "tests/scripts/demo_test.ts",
  "tests/docs_test.ts",
  "tests/engine/executor/",
  "tests/engine/thread/",
];

/** How many tests ended how; the steps of a test are not counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What `deno test` came to. */
export interface Outcome {
  readonly counts: Counts;
  /** Why it failed, where no test says so. */
  readonly problem?: string;
}

/** The last line of the test command, such as `12 passed, 0 failed, 1 skipped`. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Reads the summary line out of what `deno test` printed; undefined where it
 * ended without one. `deno test` counts a file that throws while it is loaded,
 * or in a hook, as one failure, which its JUnit report does not.
 */
export function readSummary(printed: string): Counts | undefined {
  const line = withoutColours(printed).split("\n")
    .findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(line.match(`\\| (\\d+) ${word}`)?.[1] ?? 0);
  return {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("ignored"),
  };
}

function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- colours start with the escape character
  return text.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/** Judges a run of `deno test` by what it printed and how it ended. */
export function judge(
  printed: string,
  status: { code: number; signal: string | null },
): Outcome {
  const ending = status.signal ?? `exit code ${status.code}`;
  const counts = readSummary(printed);
  if (counts === undefined) {
    return failure(
      `deno test ended with ${ending} before it ran all tests: see its message above`,
    );
  }
  if (status.code === 0 || counts.failed > 0) return { counts };
  return {
    counts: { ...counts, failed: 1 },
    problem: `no test failed, but deno test ended with ${ending}: see its message above`,
  };
}

function failure(problem: string): Outcome {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, problem };
}

/** What several runs came to. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts: { passed, failed, skipped } } of outcomes) {
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped += skipped;
  }
  const problems = outcomes.flatMap(({ problem }) => problem ?? []);
  return problems.length > 0 ? { counts, problem: problems.join("\n") } : { counts };
}

/** The arguments of `deno test`, for each run: those of a round run beside each other. */
function roundsOf(args: readonly string[]): string[][][] {
  if (args.filter((arg) => !arg.startsWith("-")).some(isPath)) return [[[...args]]];
  const others = [`--ignore=${[...BESIDE, ...QUIET]}`, ...args, "tests/"];
  return [[others, [...args, ...BESIDE]], [[...args, ...QUIET]]];
}

/** Starts what is installed; answers the environment that describes it. */
async function startServers(
  started: AsyncDisposableStack,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  const starts = [rabbitmq, postgres].filter(isWanted).map(async (kind) => {
    const server = started.use(await kind.start());
    env[kind.variable] = server.describe();
  });
  // All are waited for, so that what has started is known when one fails.
  for (const start of await Promise.allSettled(starts)) {
    if (start.status === "rejected") throw start.reason;
  }
  return env;
}

function isWanted(kind: TestServer): boolean {
  if (kind.installed()) return true;
  if (isRequired(kind)) throw notInstalled(kind);
  console.log(
    `${kind.title} is not installed: its tests are skipped (apt-get install ${kind.package})`,
  );
  return false;
}

/**
 * Runs `deno test` in process groups and with a temporary folder of their own,
 * so that nothing a test started or wrote outlives it.
 */
async function runTests(
  args: readonly string[],
  env: Record<string, string>,
  interrupted: Promise<Deno.Signal>,
): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "pq-test-" });
  // The user that a private PostgreSQL runs as must get through to its folder.
  await Deno.chmod(folder, 0o711);
  const outcomes: Outcome[] = [];
  for (const round of roundsOf(args)) {
    let shown = Promise.resolve();
    const runs = round.map((args) => {
      const run = runOne(args, { ...env, TMPDIR: folder }, interrupted, shown);
      shown = run.then(() => {});
      return run;
    });
    outcomes.push(...await Promise.all(runs));
  }
  await removeFolder(folder);
  return together(outcomes);
}

/** One run of `deno test`. @param mayShow When its output may be shown. */
async function runOne(
  args: readonly string[],
  env: Record<string, string>,
  interrupted: Promise<Deno.Signal>,
  mayShow: Promise<void>,
): Promise<Outcome> {
  const child = spawnTests(args, env);
  const printed = passOn(child.stdout, mayShow);
  const signal = await Promise.race([
    interrupted,
    child.status.then(() => undefined),
  ]);
  if (signal) await endGroup(child, signal);
  const status = await child.status;
  signalGroup(child, "SIGKILL");
  const outcome = judge(await printed, status);
  return signal ? failure(`${signal} ended the tests`) : outcome;
}

function spawnTests(
  args: readonly string[],
  env: Record<string, string>,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", ...args],
    env,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
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

/** Copies a stream to standard output, when it may, and answers its end, where the summary is. */
async function passOn(
  stream: ReadableStream<Uint8Array>,
  mayShow: Promise<void>,
): Promise<string> {
  const decoder = new TextDecoder();
  let end = "";
  let shown = mayShow;
  for await (const chunk of stream) {
    // The stream is read on, so that the run does not wait for its turn.
    shown = shown.then(() => writeAll(chunk));
    end = (end + decoder.decode(chunk, { stream: true })).slice(-100_000);
  }
  await shown;
  return end;
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    from += await Deno.stdout.write(bytes.subarray(from));
  }
}

async function endGroup(
  child: Deno.ChildProcess,
  signal: Deno.Signal,
): Promise<void> {
  signalGroup(child, signal);
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await child.status;
  clearTimeout(timer);
}

/** Signals the child and all it started. */
function signalGroup(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    Deno.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function testWithServers(args: readonly string[]): Promise<Outcome> {
  using ending = signalled();
  await using started = new AsyncDisposableStack();
  try {
    return await runTests(args, await startServers(started), ending.received);
  } catch (error) {
    return failure(reason(error));
  }
}

async function main(): Promise<void> {
  const { counts, problem } = await testWithServers(Deno.args);
  if (problem) console.error(problem);
  console.log(countsLine(counts));
  Deno.exitCode = counts.failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
