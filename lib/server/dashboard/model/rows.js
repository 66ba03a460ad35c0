// @ts-check
/**
 * The rows of the screen Queues: shards folded into their queue, order, filter, counts.
 *
 * @module
 */

import { rankOf, STATES, worstOf } from "./verdict.js";

/** @typedef {import("../../../operations/dashboard/view.ts").QueueRow} QueueRow */
/** @typedef {QueueRow & { shards: readonly QueueRow[] }} Row */

/** So many rows are shown before those that are ok and idle are folded. */
const MANY = 40;

/** @type {readonly (keyof QueueRow)[]} */
const SUMS = ["ready", "unacked", "retrying", "failed", "consumers", "rate", "failure_rate"];
/** @type {readonly (keyof QueueRow)[]} */
const WORSTS = ["wait_p50", "wait_p99", "run_p50", "run_p99", "oldest_seconds", "clear_seconds"];

/**
 * Folds the shards of a queue into one row with their sum and the worst state.
 *
 * @param {readonly QueueRow[]} queues
 * @returns {Row[]}
 */
export function foldShards(queues) {
  /** @type {Map<string, QueueRow[]>} */
  const families = new Map();
  for (const queue of queues) {
    families.set(queue.parent, [...families.get(queue.parent) ?? [], queue]);
  }
  return [...families].map(([parent, shards]) => {
    const [only] = shards;
    return shards.length === 1 && only ? { ...only, shards: [] } : folded(parent, shards);
  });
}

/** @type {(parent: string, shards: readonly QueueRow[]) => Row} */
function folded(parent, shards) {
  const worst = /** @type {QueueRow} */ (worstOf(shards));
  const sums = SUMS.map((key) => [key, combine(shards, key, (a, b) => a + b)]);
  const worsts = WORSTS.map((key) => [key, combine(shards, key, Math.max)]);
  return {
    ...worst,
    ...Object.fromEntries([...sums, ...worsts]),
    queue: parent,
    reason: worst.reason && `${worst.queue}: ${worst.reason}`,
    oldest_is_estimate: shards.some((shard) => shard.oldest_is_estimate),
    failed_is_being_repaired: shards.some((shard) => shard.failed_is_being_repaired),
    processes: [...new Set(shards.flatMap(({ processes }) => processes))],
    shards,
  };
}

/** @type {(rows: readonly QueueRow[], key: keyof QueueRow, join: (a: number, b: number) => number) => number | null} */
function combine(rows, key, join) {
  const known = rows.map((row) => row[key]).filter((value) => typeof value === "number");
  return known.length === 0 ? null : known.reduce((a, b) => join(a, b));
}

/** The columns that rows can be sorted by, and the values they are sorted by. */
/** @type {Record<string, (row: Row) => number | string>} */
const SORTS = {
  state: rankOf,
  queue: ({ queue }) => queue,
  ready: (row) => -(row.ready ?? -1),
  retrying: (row) => -(row.retrying ?? -1),
  failed: (row) => -(row.failed ?? -1),
  rate: (row) => -(row.rate ?? -1),
  wait: (row) => -(row.wait_p99 ?? -1),
  oldest: (row) => -(row.oldest_seconds ?? -1),
  consumers: (row) => row.consumers ?? -1,
};

/**
 * Sorts rows by a column, worst first; by name where they are equal. Unknown columns sort by state.
 *
 * @param {readonly Row[]} rows
 * @param {string} sort
 * @returns {Row[]}
 */
export function sortRows(rows, sort) {
  const value = SORTS[sort] ?? rankOf;
  return [...rows].sort((a, b) => compare(value(a), value(b)) || compare(a.queue, b.queue));
}

/** @type {(a: number | string, b: number | string) => number} */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The rows that a filter means: a part of the name, and a state.
 *
 * @param {readonly Row[]} rows
 * @param {{ text?: string | null, state?: string | null }} filter
 * @returns {Row[]}
 */
export function filterRows(rows, { text, state }) {
  const part = (text ?? "").trim().toLowerCase();
  return rows.filter((row) =>
    (!state || row.state === state) &&
    [row, ...row.shards].some(({ queue }) => queue.toLowerCase().includes(part))
  );
}

/**
 * How many rows each state has, worst first; states without rows are left out.
 *
 * @param {readonly { state: string, status: number }[]} rows
 * @returns {{ state: string, status: number, count: number }[]}
 */
export function countStates(rows) {
  return STATES.flatMap((state) => {
    const all = rows.filter((row) => row.state === state);
    const worst = worstOf(all);
    return worst ? [{ state, status: worst.status, count: all.length }] : [];
  });
}

/**
 * Keeps the order that a reader sees. New rows wait, rows that went stay.
 *
 * @param {readonly string[] | null} shown The names in the order shown; `null`: none yet.
 * @param {readonly string[]} sorted The names in their order now.
 * @returns {{ order: readonly string[], waiting: number }} `waiting`: rows that would move, come or go.
 */
export function keepOrder(shown, sorted) {
  if (shown === null) return { order: sorted, waiting: 0 };
  const there = new Set(sorted);
  const here = new Set(shown);
  const common = shown.filter((name) => there.has(name));
  const target = sorted.filter((name) => here.has(name));
  const moved = common.length - longestKept(common.map((name) => target.indexOf(name)));
  return {
    order: shown,
    waiting: moved + (sorted.length - target.length) + (shown.length - common.length),
  };
}

/**
 * How many numbers of a list are in rising order already: the others are the fewest that move.
 *
 * @param {readonly number[]} places
 * @returns {number}
 */
function longestKept(places) {
  /** @type {number[]} */
  const ends = [];
  for (const place of places) {
    const at = ends.findIndex((end) => end > place);
    ends[at < 0 ? ends.length : at] = place;
  }
  return ends.length;
}

/**
 * Divides many rows into those that are shown and those that are ok, idle and folded.
 *
 * @param {readonly Row[]} rows
 * @returns {{ shown: Row[], folded: Row[] }}
 */
export function foldQuiet(rows) {
  if (rows.length <= MANY) return { shown: [...rows], folded: [] };
  const isQuiet = (/** @type {Row} */ row) => row.state === "ok" && !row.ready && !row.rate;
  return { shown: rows.filter((row) => !isQuiet(row)), folded: rows.filter(isQuiet) };
}

/** The column whose number made the verdict, by state. */
/** @type {Record<string, string>} */
const WHY = {
  parked: "consumers",
  stuck: "oldest",
  "no consumer": "consumers",
  "too few": "consumers",
  behind: "ready",
  failing: "failed",
  paused: "ready",
};

/**
 * The column whose number made the verdict on a row.
 *
 * @param {{ state: string, failed?: number | null }} row
 * @returns {string | undefined}
 */
export function whyOf({ state, failed }) {
  return state === "failing" && failed === 0 ? "retrying" : WHY[state];
}

/**
 * The queues whose state changed between two looks, as one sentence for those who listen.
 *
 * @param {readonly { queue: string, state: string }[]} before
 * @param {readonly { queue: string, state: string }[]} after
 * @returns {string}
 */
export function changesBetween(before, after) {
  const states = new Map(before.map(({ queue, state }) => [queue, state]));
  const changed = after.filter(({ queue, state }) =>
    states.has(queue) && states.get(queue) !== state
  );
  const said = changed.slice(0, 3).map(({ queue, state }) => `${queue} is ${state}`).join(", ");
  const others = changed.length - 3;
  return others > 0 ? `${said} and ${others} other changes` : said;
}
