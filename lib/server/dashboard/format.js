// @ts-check
/**
 * Numbers, durations and times as the pages show them. `null` is what is not known: `?`.
 *
 * @module
 */

const GROUPED = new Intl.NumberFormat("en-US");
const TENTHS = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MOST_IN_FULL = 9_999_999;
const LETTERS = ["", "k", "M", "G", "T"];
const DAY = 86_400;
/** The space that no line breaks at. */
const NBSP = "\u00a0";

/** @typedef {number | null | undefined} Unsure */

/**
 * Whether a value is not known.
 *
 * @param {unknown} value
 * @returns {value is null | undefined}
 */
function isUnknown(value) {
  return value === null || value === undefined;
}

/**
 * A count: in full to 9,999,999, then three digits and a letter (`12.4 M`).
 *
 * @param {Unsure} number
 * @returns {string}
 */
export function count(number) {
  if (isUnknown(number)) return "?";
  if (Math.abs(number) <= MOST_IN_FULL) return GROUPED.format(Math.round(number));
  const step = Math.min(LETTERS.length - 1, Math.floor(Math.log10(number) / 3));
  const [digits, exponent = "0"] = number.toPrecision(3).split("e");
  const three = Number(`${digits}e${exponent}`) / 1000 ** step;
  return three >= 1000 && step + 1 < LETTERS.length
    ? `${(three / 1000).toFixed(2)}${NBSP}${LETTERS[step + 1]}`
    : `${three.toPrecision(3)}${NBSP}${LETTERS[step]}`;
}

/**
 * Events a second, always with one decimal.
 *
 * @param {Unsure} number
 * @returns {string}
 */
export function rate(number) {
  return isUnknown(number) ? "?" : TENTHS.format(number);
}

/**
 * A time in at most two units: `0.3s`, `2m 10s`, `2h 04m`, `3d 02h`.
 *
 * @param {Unsure} seconds
 * @returns {string}
 */
export function duration(seconds) {
  if (isUnknown(seconds)) return "?";
  const positive = Math.max(0, seconds);
  if (positive < 59.95) return `${positive.toFixed(1)}s`;
  const whole = Math.round(positive);
  if (whole < 3600) return two(whole, 60, "m", 1, "s");
  return whole < DAY ? two(whole, 3600, "h", 60, "m") : two(whole, DAY, "d", 3600, "h");
}

/** @type {(whole: number, size: number, unit: string, small: number, second: string) => string} */
function two(whole, size, unit, small, second) {
  const rest = Math.floor((whole % size) / small);
  return `${Math.floor(whole / size)}${unit}${NBSP}${String(rest).padStart(2, "0")}${second}`;
}

/**
 * The age of the oldest event: `~` before an estimate, `–` where nothing waits.
 *
 * @param {{ seconds: Unsure, isEstimate?: boolean, waiting: Unsure }} age
 * @returns {string}
 */
export function oldest({ seconds, isEstimate = false, waiting }) {
  if (waiting === 0) return "–";
  return isUnknown(seconds) ? "?" : `${isEstimate ? "~" : ""}${duration(seconds)}`;
}

/**
 * A moment in UTC: `03:12:08` today, `28 Nov 22:14` before.
 *
 * @param {string | number | null | undefined} at ISO 8601, or ms since 1970.
 * @param {number} now ms since 1970
 * @returns {string}
 */
export function time(at, now) {
  const ms = moment(at);
  if (ms === null) return "?";
  const text = new Date(ms).toISOString();
  if (text.slice(0, 10) === new Date(now).toISOString().slice(0, 10)) return text.slice(11, 19);
  return `${Number(text.slice(8, 10))} ${MONTHS[Number(text.slice(5, 7)) - 1]} ${
    text.slice(11, 16)
  }`.replaceAll(" ", NBSP);
}

/**
 * A moment in ms since 1970; `null` where it is not known.
 *
 * @param {string | number | null | undefined} at
 * @returns {number | null}
 */
export function moment(at) {
  const ms = typeof at === "string" ? Date.parse(at) : at;
  return isUnknown(ms) || Number.isNaN(ms) ? null : ms;
}

/**
 * A number with its noun: `1 event`, `12 events`.
 *
 * @param {Unsure} number
 * @param {string} noun
 * @param {string} [nouns]
 * @returns {string}
 */
export function plural(number, noun, nouns = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : nouns}`;
}

/**
 * A broker's name and version: `RabbitMQ 4.1.3`; the embedded broker has no version.
 *
 * @param {{ kind: string, version: string | null }} broker
 * @returns {string}
 */
export function brokerName({ kind, version }) {
  return `${kind === "rabbitmq" ? "RabbitMQ" : "Embedded broker"}${version ? ` ${version}` : ""}`;
}
