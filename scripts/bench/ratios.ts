/**
 * Medians, ratios and the table of a comparison. Everything here is pure.
 *
 * @module
 */

/** A measured speed and its price. */
export interface Rate {
  /** Events, threads or starts in a second. */
  readonly perSecond: number;
  /** CPU for each of them, in µs. */
  readonly cpuMicros: number;
}

/** One round of a row. */
export interface Round {
  /** The rate of this checkout's program. */
  readonly own: Rate;
  /** The rate of the other checkout's program. Absent in a row that only this checkout runs. */
  readonly other?: Rate;
}

/** A median, and the least and the greatest of its values. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The ratios of a row, this checkout's figure divided by the other's. */
export interface Ratios {
  readonly perSecond: Spread;
  readonly cpuMicros: Spread;
}

const NAME_WIDTH = 26;
const FIGURE_WIDTH = 9;
const RATIO_WIDTH = 19;

/** The middle of a list, or the mean of the two in the middle; NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** The median of a list with its least and greatest value. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Divides within each round, so that whatever slows the machine down for a while slows both sides.
 *
 * @returns `undefined` when the other checkout ran no round.
 */
export function ratiosOf(rounds: readonly Round[]): Ratios | undefined {
  const pairs = rounds.flatMap(({ own, other }) => other ? [{ own, other }] : []);
  if (pairs.length === 0) return undefined;
  return {
    perSecond: spread(pairs.map(({ own, other }) => own.perSecond / other.perSecond)),
    cpuMicros: spread(pairs.map(({ own, other }) => own.cpuMicros / other.cpuMicros)),
  };
}

/** The two lines above the rows. */
export function tableHead(): string[] {
  const side = ["this", "against"].map((name) => name.padStart(FIGURE_WIDTH)).join("") +
    "  this/against".padEnd(RATIO_WIDTH);
  const title = (text: string) => `  ${text}`.padEnd(side.length);
  return [
    " ".repeat(NAME_WIDTH) + title("per second") + title("µs CPU each").trimEnd(),
    " ".repeat(NAME_WIDTH) + side + side.trimEnd(),
  ];
}

/** One row: the medians of both sides, and the median and range of their ratios. */
export function tableRow(name: string, rounds: readonly Round[]): string {
  const ratios = ratiosOf(rounds);
  const cells = (["perSecond", "cpuMicros"] as const).map((figure) => {
    const own = rounds.map(({ own }) => own[figure]);
    const other = rounds.flatMap(({ other }) => other ? [other[figure]] : []);
    return figureCell(own) + figureCell(other) + ratioCell(ratios?.[figure]);
  });
  return (name.padEnd(NAME_WIDTH) + cells.join("")).trimEnd();
}

function figureCell(values: readonly number[]): string {
  if (values.length === 0) return " ".repeat(FIGURE_WIDTH);
  const value = median(values);
  return value.toFixed(value < 100 ? 2 : 0).padStart(FIGURE_WIDTH);
}

function ratioCell(ratio: Spread | undefined): string {
  if (!ratio) return " ".repeat(RATIO_WIDTH);
  const [median, least, most] = [ratio.median, ratio.least, ratio.most].map((value) =>
    value.toFixed(2)
  );
  return `  ${median} (${least}-${most})`.padEnd(RATIO_WIDTH);
}

/**
 * Reads rows as `scripts/bench/sqlite.ts` prints them: a name, a number of events/s and a number
 * of µs CPU/event.
 *
 * @throws {Error} When a named row is missing.
 */
export function parseRates(text: string, names: readonly string[]): Rate[] {
  const row = /^(\S.*?) +([\d.]+) events\/s +([\d.]+) µs CPU\/event/gm;
  const rates = new Map(
    [...text.matchAll(row)].map((
      [, name = "", perSecond, cpuMicros],
    ) => [name, { perSecond: Number(perSecond), cpuMicros: Number(cpuMicros) }]),
  );
  return names.map((name) => {
    const rate = rates.get(name);
    if (!rate) throw new Error(`no row "${name}" was printed, but this: ${text.trim()}`);
    return rate;
  });
}
