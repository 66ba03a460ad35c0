/**
 * What a run prints, with what can be added to each row: its CPU beside bare amqplib, its ratios to a
 * saved run, and whether the machine was busy.
 *
 * @module
 */

import { busyMark, busyWarning, type CpuTimes, cpuTimes, sharesBetween } from "./busy.ts";
import { besideSaved, CPU_FIGURE, inBare, readRow, type Row, type SavedRun } from "./rows.ts";

/** The row whose CPU is the unit of the others. */
export const BARE_ROW = "classic bare";

/** What a {@linkcode Sheet} is made of. */
export interface SheetOptions {
  /** The run to compare with. */
  readonly against?: SavedRun | undefined;
  /** Writes a line. */
  readonly write: (line: string) => void;
  /** Reads the CPU times of the machine. @default {those of Linux} */
  readonly times?: () => CpuTimes;
}

/** Collects the rows of a run. */
export class Sheet {
  readonly #options: SheetOptions;
  readonly #times: () => CpuTimes;
  readonly #startedAt = new Date();
  readonly #load = Deno.loadavg()[0] ?? 0;
  readonly #rows: Row[] = [];
  #before: CpuTimes;
  #busy: string | undefined;
  #bareMicros: number | undefined;

  constructor(options: SheetOptions) {
    this.#options = options;
    this.#times = options.times ?? cpuTimes;
    this.#before = this.#times();
  }

  /** Warns when the machine is busy already. */
  warn(): void {
    const warning = busyWarning(this.#load, navigator.hardwareConcurrency);
    if (warning) this.#options.write(warning);
  }

  /** Prints a line, with the marks of a row where it is one, and keeps that. */
  print(line: string): void {
    const row = readRow(line);
    if (!row) return this.#options.write(line);
    this.#measure();
    if (row.name === BARE_ROW) this.#bareMicros = row.figures[CPU_FIGURE];
    const unit = row.name === BARE_ROW ? "the unit: 1 bare" : inBare(row, this.#bareMicros);
    const marks = [unit, this.#busy].filter((mark) => mark !== undefined);
    this.#options.write(line.trimEnd() + marks.map((mark) => `  [${mark}]`).join(""));
    const ratios = besideSaved(row, this.#options.against?.rows ?? []);
    if (ratios) this.#options.write(`  of the saved run: ${ratios}`);
    this.#rows.push(this.#busy === undefined ? row : { ...row, busy: this.#busy });
  }

  /** The run so far. */
  saved(args: readonly string[]): SavedRun {
    return {
      startedAt: this.#startedAt.toISOString(),
      args,
      cpus: navigator.hardwareConcurrency,
      load: this.#load,
      rows: this.#rows,
    };
  }

  /** What was busy since the last row; rows that are printed at once were measured together. */
  #measure(): void {
    const now = this.#times();
    const shares = sharesBetween(this.#before, now);
    if (!shares) return;
    this.#before = now;
    this.#busy = busyMark(shares);
  }
}

/** Has everything that a run prints go through a sheet, until this is disposed of. */
export function takeLines(sheet: Sheet): Disposable {
  const log = console.log;
  console.log = (...words: unknown[]) => {
    for (const line of words.join(" ").split("\n")) sheet.print(line);
  };
  return { [Symbol.dispose]: () => void (console.log = log) };
}
