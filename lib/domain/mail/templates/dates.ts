/**
 * Dates in mails.
 *
 * @module
 */

/** How a user reads dates. */
export interface DateStyle {
  /** A BCP 47 tag. */
  readonly language: string;
  /** An IANA zone; UTC where it is not known. */
  readonly timezone?: string | undefined;
  /** The clock; `undefined`: the one that is usual in the language. */
  readonly hasTwentyFourHours?: boolean | undefined;
}

const DAY = { year: "numeric", month: "long", day: "numeric" } as const;
const TIME = { hour: "numeric", minute: "2-digit", timeZoneName: "short" } as const;
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * A date with its time, weekday and zone, as the user reads it.
 *
 * @param value An instant: ISO 8601 with a zone, or seconds since 1970. Any other text is a date
 * that is ready, and comes back as it is.
 */
export function momentText(value: unknown, style: DateStyle): string {
  return format(value, style, { weekday: "short", ...DAY, ...TIME });
}

/** The same without the time. */
export function dayText(value: unknown, style: DateStyle): string {
  return format(value, style, DAY);
}

function format(value: unknown, style: DateStyle, options: Intl.DateTimeFormatOptions): string {
  const instant = instantOf(value);
  if (instant === undefined) return String(value);
  const { language, timezone = "UTC", hasTwentyFourHours } = style;
  const clock = hasTwentyFourHours === undefined || !("hour" in options)
    ? {}
    : { hourCycle: hasTwentyFourHours ? "h23" : "h12" } as const;
  const timeZone = isZone(timezone) ? timezone : "UTC";
  return new Intl.DateTimeFormat(language, { ...options, ...clock, timeZone }).format(instant)
    .replaceAll("\u202f", " "); // Not all mail programs have it in their fonts.
}

function instantOf(value: unknown): Date | undefined {
  if (typeof value === "number") return valid(new Date(value * 1000));
  if (typeof value !== "string" || !INSTANT.test(value)) return undefined;
  return valid(new Date(value.replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2")));
}

function valid(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}
