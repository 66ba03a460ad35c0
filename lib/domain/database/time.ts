/**
 * Times as text, for SQLite, which has no type for them.
 *
 * @module
 */

/** 0000-01-01. */
const FIRST = -62_167_219_200;
/** 10000-01-01. */
const END = 253_402_300_800;

/**
 * A time as text in UTC with microseconds, which sorts by time: `2023-11-14T22:13:20.123456Z`.
 *
 * @param time Seconds since 1970.
 * @throws {RangeError} When the year has not four digits, as such texts do not sort.
 */
export function sqliteTime(time: number): string {
  const whole = Math.floor(time);
  const micros = Math.round((time - whole) * 1e6);
  const second = micros === 1e6 ? whole + 1 : whole;
  if (!(second >= FIRST && second < END)) {
    throw new RangeError(
      `The time ${time} is not in the years 0 to 9999: SQLite's column for it holds no other.`,
    );
  }
  const text = new Date(second * 1000).toISOString().slice(0, 19);
  return `${text}.${String(micros % 1e6).padStart(6, "0")}Z`;
}
