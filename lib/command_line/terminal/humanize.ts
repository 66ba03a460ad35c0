/**
 * Numbers as people read them.
 *
 * @module
 */

const UNITS = [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const;
const SECONDS = new Map<string, number>([...UNITS, ["", 1]]);

/**
 * A time in its two largest units: `41s`, `2m10s`, `3d2h`; under 10 s with a tenth: `0.2s`.
 *
 * @param seconds `null`: not known, which is `?`.
 */
export function duration(seconds: number | null): string {
  if (seconds === null) return "?";
  if (seconds < 9.95) return `${Number(Math.max(0, seconds).toFixed(1))}s`;
  let left = Math.round(seconds);
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return [{ unit, count }];
  });
  const first = parts.findIndex(({ count }) => count > 0);
  return parts.slice(first, first + 2).filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${count}${unit}`).join("");
}

/** Bytes in MB: `212 MB`. @param bytes `null`: not known, which is `?`. */
export function megabytes(bytes: number | null): string {
  return bytes === null ? "?" : `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
}

/** A whole number with commas: `1,204`. @param number `null`: not known, which is `?`. */
export function grouped(number: number | null): string {
  return number === null ? "?" : number.toLocaleString("en-US");
}

/**
 * Reads a time such as `90`, `30m`, `1h30m` or `2d`.
 *
 * @returns Seconds; `undefined` where it is none.
 */
export function readDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}[dhms])+$|^\d{1,9}$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([dhms]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit = ""]) => {
    return sum + Number(count) * (SECONDS.get(unit) ?? 1);
  }, 0);
  return seconds > 0 ? seconds : undefined;
}
