/**
 * The rows that a benchmark prints, read as figures: to save them, and to compare them with a saved
 * run. Everything here is pure.
 *
 * @module
 */

/** A row: what was measured, and its figures by their units. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
  /** What else kept the machine busy while it was measured, if anything did. */
  readonly busy?: string;
}

/** A run as it is saved. */
export interface SavedRun {
  /** When it began, in ISO 8601. */
  readonly startedAt: string;
  /** Its command line. */
  readonly args: readonly string[];
  readonly cpus: number;
  /** The load of the minute before it. */
  readonly load: number;
  readonly rows: readonly Row[];
}

/** The CPU of an event, the figure that is also given in units of bare amqplib. */
export const CPU_FIGURE = "µs CPU/event";

const NUMBER = /^-?\d+(\.\d+)?$/;
/** A name, which ends before a colon, two spaces or a number, and the rest of the line. */
const NAMED = /^(\S(?:(?!: | {2}| -?\d+(?:\.\d+)? ).)*):?(\s.*)$/;

/**
 * Reads a printed line. Its name ends before a colon, two spaces or a number; a figure is a number
 * with the words after it, or those before it where the line goes on with a word. What is in
 * brackets does not count.
 *
 * @returns `undefined` for a line without a name or a figure.
 */
export function readRow(line: string): Row | undefined {
  const text = line.replaceAll(/\([^()]*\)/g, " ").trimEnd();
  const [, name = "", rest = ""] = NAMED.exec(text) ?? [];
  const figures = Object.fromEntries(rest.split(/[,;]/).flatMap(figuresIn));
  return Object.keys(figures).length === 0 ? undefined : { name, figures };
}

function figuresIn(text: string): [string, number][] {
  const words = text.trim().split(/\s+/);
  const places = words.flatMap((word, place) => NUMBER.test(word) ? [place] : []);
  const isUnitAfter = places[0] === 0;
  return places.map((place, index) => {
    const [from, to] = isUnitAfter
      ? [place + 1, places[index + 1] ?? words.length]
      : [(places[index - 1] ?? -1) + 1, place];
    return [words.slice(from, to).join(" "), Number(words[place])];
  });
}

/**
 * How a row compares with that of a saved run.
 *
 * @returns Each figure divided by the saved one, as in `events/s 1.02, µs CPU/event 0.98`;
 * `undefined` when the saved run has no such row or none of its figures.
 */
export function besideSaved(row: Row, saved: readonly Row[]): string | undefined {
  const other = saved.find(({ name }) => name === row.name);
  const ratios = Object.entries(row.figures).flatMap(([unit, figure]) => {
    const before = other?.figures[unit];
    return before === undefined || before === 0 ? [] : `${unit} ${(figure / before).toFixed(2)}`;
  });
  return ratios.length === 0 ? undefined : ratios.join(", ") + (other?.busy ? " (saved busy)" : "");
}

/** The CPU of an event in units of bare amqplib's, as in `1.85 bare`. */
export function inBare({ figures }: Row, bareMicros: number | undefined): string | undefined {
  const micros = figures[CPU_FIGURE];
  if (micros === undefined || bareMicros === undefined) return undefined;
  return `${(micros / bareMicros).toFixed(2)} bare`;
}

/**
 * Reads a saved run.
 *
 * @param path The file, for the message.
 * @throws {TypeError} When it is none.
 */
export function parseSaved(text: string, path: string): SavedRun {
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    saved = undefined;
  }
  if (isSavedRun(saved)) return saved;
  throw new TypeError(
    `--against ${path}: it is no saved run; make one with \`deno task bench --save FILE\``,
  );
}

function isSavedRun(value: unknown): value is SavedRun {
  const rows = (value as Partial<SavedRun> | null | undefined)?.rows;
  return Array.isArray(rows) &&
    rows.every((row) => typeof row?.name === "string" && typeof row.figures === "object");
}
