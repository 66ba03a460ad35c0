/**
 * Which tests run when. The ending of a file's name says it:
 *
 * - `_test.ts`: beside others
 * - `_alone_test.ts`: after the others, with nothing beside it, as it measures time
 * - `_long_test.ts`: only in `deno task test:full`
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A file of tests. */
export interface TestFile {
  /** Its path. */
  readonly path: string;
  readonly text: string;
}

/** Files for one run of `deno test` each. */
export interface Plan {
  /** In this order, several at a time. */
  readonly beside: readonly (readonly string[])[];
  /** Then these, one at a time. */
  readonly alone: readonly (readonly string[])[];
}

/** How many files that start nothing share a run, as each run takes half a second to start. */
const SHARED = 12;

/** Reads all files of tests below a folder. */
export function testFiles(folder: string): TestFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("_test.ts"))
    .sort()
    .map((name) => ({
      path: join(folder, name),
      text: readFileSync(join(folder, name), "utf8"),
    }));
}

/**
 * Plans the tests that are not long.
 *
 * Files that start servers, and then those that start the program or use a server, come first: they
 * take the longest, and what is short fills the gaps at the end.
 */
export function plan(files: readonly TestFile[]): Plan {
  const wanted = files.filter(({ path }) => !isLong(path));
  const [alone, beside] = parted(wanted, ({ path }) => isAlone(path));
  const [starting, others] = parted(beside, ({ text }) => STARTS.test(text));
  const [using, still] = parted(others, ({ text }) => USES.test(text));
  const short = Array.from(
    { length: Math.ceil(still.length / SHARED) },
    (_, index) => still.slice(index * SHARED, (index + 1) * SHARED).map(({ path }) => path),
  );
  return { beside: [...each(starting), ...each(using), ...short], alone: each(alone) };
}

/** Plans the long tests: those of the crash suites, which take minutes, first. */
export function planLong(files: readonly TestFile[]): Plan {
  const wanted = files.filter(({ path }) => isLong(path));
  const [crashing, others] = parted(wanted, ({ text }) => CRASHES.test(text));
  return { beside: each([...crashing, ...others]), alone: [] };
}

/**
 * Plans the tests that are not long and use RabbitMQ, to run them on another version of it; without
 * those that measure time, which is the program's own.
 */
export function planRabbitmq(files: readonly TestFile[]): Plan {
  return plan(files.filter(({ path, text }) => USES_RABBITMQ.test(text) && !isAlone(path)));
}

const STARTS = /\b(startRabbitmq|startPostgres|privateRabbitmqTest|clusterTest)\b/;
/** The functions that register a test of RabbitMQ, at the start of a line. */
const USES_RABBITMQ =
  /^ *(rabbitmqTest|privateRabbitmqTest|queueTest|programTest|hostTest|inlineTest|modesTest)\(/m;
const CRASHES = /\/fixtures\/crash/;
const USES = /\/servers\.ts"|\/fixtures\/process\//;

function isAlone(path: string): boolean {
  return path.endsWith("_alone_test.ts");
}

function isLong(path: string): boolean {
  return path.endsWith("_long_test.ts");
}

/** Each file for itself. */
function each(files: readonly TestFile[]): string[][] {
  return files.map(({ path }) => [path]);
}

/** Those for which something holds, and the others. */
function parted<T>(things: readonly T[], holds: (thing: T) => boolean): [T[], T[]] {
  return [things.filter(holds), things.filter((thing) => !holds(thing))];
}
