/**
 * The header Retry-After.
 *
 * @module
 */

const SECONDS = /^[0-9]+$/;
/** The three forms of a date in HTTP (RFC 9110, 5.6.7), which are all in GMT. */
const HTTP_DATE = new RegExp(
  [
    "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$",
    "^[A-Z][a-z]+, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT$",
    "^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}$",
  ].join("|"),
);

/**
 * How long a server asks to wait, in ms: 0 for a time that is over. It may be any length: the caller
 * has a limit of its own.
 *
 * @param value The header: seconds, or a date of HTTP.
 * @param now ms since 1970.
 * @returns `undefined` without the header, or for one that is neither.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (SECONDS.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : Math.max(time - now, 0);
}
