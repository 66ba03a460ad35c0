/**
 * The dates of mails, as RFC 5322 writes them.
 *
 * @module
 */

import { MailError } from "./mail_error.ts";

const WRITTEN =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT)$/;

/**
 * A time in a time zone: `Sun, 29 Nov 2026 22:30:00 +0100`.
 *
 * @param time ms since 1970.
 * @param timeZone Such as `Europe/Berlin`. A name that is not known stands for UTC.
 */
export function writeDate(time: number, timeZone: string): string {
  const part: Record<string, string> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(time)) part[type] = value;
  const { weekday, day, month, year, hour, minute, second, timeZoneName = "" } = part;
  const [, sign = "+", hours = "00", minutes = "00"] = /([+-])(\d\d):(\d\d)/.exec(timeZoneName) ??
    [];
  return `${weekday}, ${day} ${month} ${year} ${hour}:${minute}:${second} ${sign}${hours}${minutes}`;
}

/**
 * The date of a mail whose event may name one.
 *
 * @param text The event's `date`: kept where it is of RFC 5322's form, else read as ISO 8601.
 * @param now ms since 1970; the date where the event names none.
 * @param timeZone As for {@linkcode writeDate}.
 * @throws {MailError} When the text is no date.
 */
export function mailDate(text: string | null | undefined, now: number, timeZone: string): string {
  if (text === null || text === undefined) return writeDate(now, timeZone);
  if (isWritten(text)) return text;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw noDate();
  return writeDate(time, timeZone);
}

/**
 * The text, when it is a date of RFC 5322's form.
 *
 * @throws {MailError} When it is not.
 */
export function checkDate(text: string): string {
  if (isWritten(text)) return text;
  throw noDate();
}

function isWritten(text: string): boolean {
  return WRITTEN.test(text) && !Number.isNaN(Date.parse(text));
}

function noDate(): MailError {
  return new MailError(
    "The date of the mail is not valid: write it like Sun, 29 Nov 2026 22:30:00 +0100",
  );
}

/** The formatter that was used last, as making one takes longer than all else about a date. */
let last: { readonly timeZone: string; readonly made: Intl.DateTimeFormat } | undefined;

function formatter(timeZone: string): Intl.DateTimeFormat {
  if (last?.timeZone !== timeZone) last = { timeZone, made: inKnownZone(timeZone) };
  return last.made;
}

function inKnownZone(timeZone: string): Intl.DateTimeFormat {
  try {
    return inZone(timeZone);
  } catch (error) {
    if (error instanceof RangeError) return inZone("UTC");
    throw error;
  }
}

function inZone(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    day: "2-digit",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "longOffset",
  });
}
