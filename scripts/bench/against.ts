/**
 * This checkout's program beside another checkout's: both run each row alternately, on the same
 * broker. Nothing of the other checkout is imported, as its files may have other places: its
 * `main.ts` and its `scripts/bench` programs are run.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "./program.ts";
import { type Rate, type Round, tableHead, tableRow } from "./ratios.ts";
import { type Trial, type TrialOptions, trialsOf } from "./trials.ts";

/** Options of a comparison. */
export interface AgainstOptions extends TrialOptions {
  /** Root of the other checkout. */
  readonly against: string;
  readonly rounds: number;
}

/** Files that the other checkout must have. */
const NEEDED = ["main.ts", "scripts/bench/worker.ts", "scripts/bench/sqlite.ts"];

/** Compares and prints each row when it is measured. */
export async function compareCheckouts(options: AgainstOptions): Promise<void> {
  const { against, rounds } = options;
  for (const line of tableHead()) console.log(line);
  for (const trial of trialsOf(options)) {
    const measured = await alternate(trial, rounds, ROOT, against);
    trial.rows.forEach((row, i) => console.log(tableRow(row, measured[i] ?? [])));
  }
}

/** @throws {TypeError} When a folder is no checkout that can be compared. */
export function requireCheckout(folder: string): void {
  for (const file of NEEDED) {
    try {
      Deno.statSync(join(folder, file));
    } catch {
      throw new TypeError(`--against ${folder}: there is no ${file}, so it is no checkout`);
    }
  }
}

/**
 * Runs a trial in turns. Who is first changes with each round.
 *
 * @returns The rounds of each row.
 */
export async function alternate(
  trial: Trial,
  rounds: number,
  own: string,
  other: string,
): Promise<Round[][]> {
  const measured: Round[][] = trial.rows.map(() => []);
  const measure = async (checkout: string) => await trial.measure(checkout);
  for (let round = 0; round < rounds; round++) {
    const early = round % 2 === 1 && !trial.isReference ? await measure(other) : undefined;
    const rates = await measure(own);
    const others = early ?? (trial.isReference ? undefined : await measure(other));
    measured.forEach((row, i) => row.push(roundOf(rates[i], others?.[i])));
  }
  return measured;
}

function roundOf(own: Rate | undefined, other: Rate | undefined): Round {
  if (!own) throw new Error("a trial gave fewer rates than it has rows");
  return { own, ...(other ? { other } : {}) };
}
