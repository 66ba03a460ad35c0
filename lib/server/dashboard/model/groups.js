// @ts-check
/**
 * Failed events in words and numbers: what was looked at, what a filter means, what a task did.
 *
 * @module
 */

import { count, duration, plural } from "../format.js";

/** @typedef {{ scanned: number, of: number, complete: boolean, groups: readonly { count: number }[], others?: number }} Scan */

/**
 * The heading: how many events failed, in how many groups.
 *
 * @param {Scan} scan
 * @returns {string}
 */
export function headingOf({ of, complete, groups }) {
  if (of === 0) return "Nothing failed";
  const events = plural(of, "failed event");
  if (complete) return `${events} in ${plural(groups.length, "group")}`;
  return `${events}, ${plural(groups.length, "group")} so far`;
}

/**
 * What a group's number covers: `1,157 events`, or `8,119 of the first 10,000`.
 *
 * @param {{ count: number }} group
 * @param {Scan} scan
 * @returns {string}
 */
export function coverOf(group, { scanned, complete }) {
  if (complete) return plural(group.count, "event");
  return `${count(group.count)} of the first ${count(scanned)}`;
}

/**
 * Whether the list has all failed events: all were scanned, and all that were are listed.
 *
 * @param {{ scanned: number, complete: boolean, kept: number }} page
 * @returns {boolean}
 */
export function isWhole({ scanned, complete, kept }) {
  return complete && kept >= scanned;
}

/**
 * How many events a filter means, and of which: `12 events match`, or `12 of the 10,000 listed match`.
 *
 * @param {{ scanned: number, complete: boolean, kept: number, matched: number }} page
 * @returns {string}
 */
export function matchedWords(page) {
  const { matched, kept } = page;
  if (isWhole(page)) return plural(matched, "event matches", "events match");
  return `${count(matched)} of the ${count(kept)} listed ${matched === 1 ? "matches" : "match"}`;
}

/**
 * The words for when a filter's events failed, and its limits in seconds.
 *
 * @type {Record<string, { text: string, newer_than?: number, older_than?: number }>}
 */
export const TIMES = {
  "": { text: "Any time" },
  hour: { text: "Last hour", newer_than: 3600 },
  day: { text: "Last day", newer_than: 86_400 },
  older: { text: "Older than a day", older_than: 86_400 },
};

/**
 * @typedef {object} Asked What the address asks for.
 * @property {string} [group]
 * @property {string} [reason]
 * @property {string} [text]
 * @property {string} [when]
 */

/**
 * The query of the list.
 *
 * @param {Asked} asked
 * @returns {Record<string, string | number | undefined>}
 */
export function listQuery({ group, reason, text, when = "" }) {
  const { newer_than, older_than } = TIMES[when] ?? {};
  return { group, reason, error: text, newer_than, older_than };
}

/**
 * The filter of a retry or a drop that means what the list shows, or the events selected in it.
 *
 * @param {Asked} asked
 * @param {readonly string[] | null} [handles] `null`: all that match.
 * @returns {Record<string, unknown>}
 */
export function repairFilter({ group, reason, text, when = "" }, handles = null) {
  if (handles !== null) return { ids: handles };
  const { newer_than, older_than } = TIMES[when] ?? {};
  const filter = {
    ...(group ? { groups: [group] } : {}),
    ...(reason ? { reasons: [reason] } : {}),
    ...(text ? { contains: text } : {}),
    ...(newer_than ? { newer_than } : {}),
    ...(older_than ? { older_than } : {}),
  };
  return Object.keys(filter).length === 0 ? { all: true } : filter;
}

/**
 * @typedef {object} Task
 * @property {string} kind
 * @property {string} state
 * @property {string | null} [error]
 * @property {{ scanned: number, of: number, removed: number } | null} [progress]
 * @property {number | null} [rate]
 * @property {number | null} [expected]
 * @property {any} [result]
 */

/**
 * What a task did, or why it did not.
 *
 * @param {Task} task
 * @returns {string}
 */
export function outcomeOf({ kind, state, error, result }) {
  const verb = kind === "drop" ? "Dropped" : "Put back";
  if (state === "failed") {
    return `${kind === "scan" ? "The scan" : `The ${kind}`} stopped: ${
      error ?? "the reason is not known"
    }`;
  }
  if (kind === "scan") {
    return result ? `Scanned ${count(result.scanned)} of ${count(result.of)}` : "";
  }
  if (!result) return "";
  const canceled = state === "canceled" ? ", then it was canceled" : "";
  const alone = result.left_alone > 0 ? `, ${count(result.left_alone)} left alone` : "";
  return `${verb} ${count(result.moved)} of ${count(result.matched)}${alone}${canceled}; ` +
    `${plural(result.remaining, "other stays", "others stay")}. Took ${duration(result.seconds)}.`;
}

/**
 * How far a task is, and how long it takes still where its rate says so.
 *
 * @param {Task} task
 * @returns {{ done: number, of: number, text: string, left: string }}
 */
export function progressOf({ kind, progress, rate, expected }) {
  const { scanned = 0, of = 0, removed = 0 } = progress ?? {};
  if (kind === "scan") {
    return { done: scanned, of, text: `${count(scanned)} of ${count(of)} scanned`, left: "" };
  }
  const all = expected ?? of;
  const verb = kind === "drop" ? "dropped" : "put back";
  const left = rate ? `about ${duration(Math.max(0, all - removed) / rate)} left` : "";
  return { done: removed, of: all, text: `${count(removed)} of ${count(all)} ${verb}`, left };
}
