/**
 * Reads what `deno test` prints: a result for each file, and what failed.
 *
 * @module
 */

import { type Counts, countsLine } from "./counts.ts";

/** What the tests of one file came to. */
export interface FileResult {
  /** Its path. */
  readonly file: string;
  readonly counts: Counts;
  /** How long it took. */
  readonly ms: number;
}

/** The output of one run, as it comes. */
export class Output {
  readonly #decoder = new TextDecoder();
  readonly #started: { readonly file: string; readonly at: number; readonly line: number }[] = [];
  readonly #lines: string[] = [];
  readonly #startedAt: number;
  #rest = "";

  /** @param startedAt When the run was started, in ms. @default {0} */
  constructor(startedAt = 0) {
    this.#startedAt = startedAt;
  }

  /** Takes the next bytes. @param now The time, in ms. */
  add(bytes: Uint8Array, now: number): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const lines = withoutColours(text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#addLine(line, now);
  }

  #addLine(line: string, now: number): void {
    const file = /^running \d+ tests? from \.\/(.*)$/.exec(line)?.[1];
    if (file !== undefined) {
      const at = this.#started.length === 0 ? this.#startedAt : now;
      this.#started.push({ file, at, line: this.#lines.length });
    }
    this.#lines.push(line);
  }

  /** All that was printed, without colours. */
  get text(): string {
    return [...this.#lines, this.#rest].join("\n");
  }

  /** The files so far. @param now When the last of them ended, in ms. */
  files(now: number): FileResult[] {
    return this.#started.map(({ file, at, line }, index) => {
      const next = this.#started[index + 1];
      const counts = countResults(this.#lines.slice(line + 1, next?.line));
      return { file, counts, ms: (next?.at ?? now) - at };
    });
  }
}

function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- colours start with the escape character
  return text.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/**
 * How a test ended; the lines of its steps are indented more. The name is missing where a notice
 * that the test runs for long stands between it and the end.
 */
const RESULT = /^(?:(?! ).* \.\.\.)? (ok|FAILED|ignored) \(.*\)$/;

function countResults(lines: readonly string[]): Counts {
  const words = lines.map((line) => RESULT.exec(line)?.[1]);
  const count = (word: string) => words.filter((one) => one === word).length;
  return { passed: count("ok"), failed: count("FAILED"), skipped: count("ignored") };
}

/** What a run that failed printed, without the lines of tests that passed. */
export function failuresIn(printed: string): string {
  return printed.split("\n")
    .filter((line) => !/^.* \.\.\. (ok|ignored) \(.*\)$/.test(line))
    .join("\n").trim();
}

/** The line about a file. */
export function fileLine({ file, counts, ms }: FileResult): string {
  const word = counts.failed > 0 ? "FAILED" : "ok    ";
  return `${word} ${seconds(ms)}  ${file}: ${countsLine(counts)}`;
}

/** The lines about the slowest files. */
export function slowest(files: readonly FileResult[], most = 20): string[] {
  const sorted = files.toSorted((a, b) => b.ms - a.ms).slice(0, most);
  return [
    `the slowest ${sorted.length} files:`,
    ...sorted.map(({ file, ms }) => `${seconds(ms)}  ${file}`),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}
