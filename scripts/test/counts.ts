/**
 * How many tests ended how, read out of what `deno test` prints, and the line that says so.
 *
 * @module
 */

/** How many tests ended how; the steps of a test are not counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a run of `deno test` came to. */
export interface Outcome {
  readonly counts: Counts;
  /** Why it failed, where no test says so. */
  readonly problem?: string;
}

/** How a process ended. */
export interface Ending {
  readonly code: number;
  readonly signal: string | null;
}

/** The last line of the test command, such as `12 passed, 0 failed, 1 skipped`. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Reads the last line of a text; undefined where it is not one of {@linkcode countsLine}. */
export function readCountsLine(text: string): Counts | undefined {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  const [, ...numbers] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? [];
  if (numbers.length === 0) return undefined;
  const [passed = 0, failed = 0, skipped = 0] = numbers.map(Number);
  return { passed, failed, skipped };
}

/**
 * Reads the summary line out of what `deno test` printed without colours; undefined where it
 * ended without one. `deno test` counts a file that throws while it is loaded, or in a hook, as
 * one failure.
 */
export function readSummary(printed: string): Counts | undefined {
  const line = printed.split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(line.match(`\\| (\\d+) ${word}`)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** Judges a run of `deno test` by what it printed and how it ended. */
export function judge(printed: string, { code, signal }: Ending): Outcome {
  const ending = signal ?? `exit code ${code}`;
  const counts = readSummary(printed);
  if (counts === undefined) {
    return failure(`deno test ended with ${ending} before it ran all tests: see its message above`);
  }
  if (code === 0 || counts.failed > 0) return { counts };
  return {
    counts: { ...counts, failed: 1 },
    problem: `no test failed, but deno test ended with ${ending}: see its message above`,
  };
}

/** One failure that no test reports. */
export function failure(problem: string): Outcome {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, problem };
}

/** The sum of several runs. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const counts = sum(outcomes.map(({ counts }) => counts));
  const problems = [...new Set(outcomes.flatMap(({ problem }) => problem ?? []))];
  return problems.length > 0 ? { counts, problem: problems.join("\n") } : { counts };
}

/** Adds counts up. */
export function sum(all: readonly Counts[]): Counts {
  const total = (one: keyof Counts) => all.reduce((sum, counts) => sum + counts[one], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}
