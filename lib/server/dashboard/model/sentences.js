// @ts-check
/**
 * What a row says below its numbers: the reason of the verdict and what to do.
 *
 * @module
 */

import { duration } from "../format.js";

/** @typedef {{ text?: string, code?: string, href?: string }} Part */
/** @typedef {{ queue: string, state: string, reason: string, advice: string, paused?: { by: string, at: string, reason: string | null, until: string | null } | null }} Row */

/** States that are one line high: nothing is to be done. */
const QUIET = ["ok", "old failures"];
/** A time of two units without a space, as commands print it. */
const TIME = /\b(\d+)([dhm])(\d+)([hms])\b/g;

/**
 * The parts of the sentence below a row; none where the row is quiet.
 *
 * @param {Row} row
 * @param {{ now: number, failedHref: string, canAct: boolean }} page
 * @returns {Part[]}
 */
export function adviceOf(row, page) {
  if (QUIET.includes(row.state)) return [];
  if (row.state === "paused" && row.paused) return [{ text: pausedWords(row.paused, page.now) }];
  const reason = row.reason ? [{ text: `${sentence(row.reason)} ` }] : [];
  if (row.state === "failing") return [...reason, { text: "Failed events", href: page.failedHref }];
  const hasButton = page.canAct && ["stuck", "parked"].includes(row.state);
  return [...reason, ...(row.advice && !hasButton ? commandsIn(sentence(row.advice)) : [])];
}

/**
 * Who paused a queue, when, until when and why.
 *
 * @param {{ by: string, at: string, reason: string | null, until: string | null }} paused
 * @param {number} now
 * @returns {string}
 */
export function pausedWords({ by, at, reason, until }, now) {
  const since = duration((now - Date.parse(at)) / 1000);
  const end = until === null ? "" : `, until ${until.slice(11, 16)}${dayOf(until, now)}`;
  return `${by ? `By ${by}` : "Paused"} ${since} ago${end}${reason ? `: “${reason}”` : ""}`;
}

/** @type {(at: string, now: number) => string} */
function dayOf(at, now) {
  return at.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? ""
    : ` on ${at.slice(0, 10)}`;
}

/**
 * A phrase as a sentence: a capital letter, a full stop, and times as the page shows them. Names and
 * commands stay as they are.
 *
 * @param {string} phrase
 * @returns {string}
 */
export function sentence(phrase) {
  const text = phrase.trim().replace(TIME, (_, first, unit, second, smaller) => {
    return `${first}${unit}\u00a0${second.padStart(2, "0")}${smaller}`;
  });
  const isName = /^(process-queue |\w*_)/.test(text);
  const start = isName ? text : text.slice(0, 1).toUpperCase() + text.slice(1);
  return start === "" || /([.!?:]|process-queue [^.]*)$/.test(start) ? start : `${start}.`;
}

/**
 * A text with its commands apart.
 *
 * @param {string} text
 * @returns {Part[]}
 */
export function commandsIn(text) {
  const at = text.search(/\b(?:process-queue|rabbitmqctl) [\w-]/);
  if (at < 0) return [{ text }];
  return [...(at > 0 ? [{ text: text.slice(0, at) }] : []), { code: text.slice(at) }];
}
