// @ts-check
/**
 * The verdict on all queues or processes: the heading of a screen.
 *
 * @module
 */

import { plural } from "../format.js";

/** The states of a queue, worst first. */
export const STATES = [
  "unknown",
  "blocked",
  "parked",
  "stuck",
  "no consumer",
  "too few",
  "behind",
  "failing",
  "paused",
  "old failures",
  "ok",
];

/** @typedef {{ state: string, severity: string, text: string }} Verdict */
/** @typedef {{ state: string, status: number }} Judged */

/**
 * The severity that colours a state: `critical`, `warning` or `calm`.
 *
 * @param {Judged} row
 * @returns {string}
 */
export function severityOf({ status }) {
  return status === 2 ? "critical" : status === 1 ? "warning" : "calm";
}

/**
 * How bad a row is; the smaller, the worse.
 *
 * @param {Judged} row
 * @returns {number}
 */
export function rankOf({ state, status }) {
  const severity = [3, 2, 0, 1][status] ?? 1;
  return severity * STATES.length + STATES.indexOf(state);
}

/**
 * The worst of some rows; the first of several that are equal.
 *
 * @template {Judged} Row
 * @param {readonly Row[]} rows
 * @returns {Row | undefined}
 */
export function worstOf(rows) {
  return rows.reduce(
    (/** @type {Row | undefined} */ worst, row) =>
      worst && rankOf(worst) <= rankOf(row) ? worst : row,
    undefined,
  );
}

/**
 * The verdict on all queues.
 *
 * @param {{ queues: readonly Judged[], broker: { up: boolean } }} view
 * @returns {Verdict}
 */
export function verdictOf({ queues, broker }) {
  const all = queues.length;
  if (all === 0) return calm("ok", "No queue has a worker here");
  if (!broker.up) return calm("unknown", `The state of ${plural(all, "queue")} is unknown`);
  return worstVerdict(queues) ?? unknownVerdict(queues) ?? calm("ok", allOk(all));
}

/** @param {readonly Judged[]} queues */
function worstVerdict(queues) {
  const all = queues.length;
  const worst = worstOf(queues);
  if (worst === undefined || worst.status === 0 || worst.status === 3) return undefined;
  const same = queues.filter(({ status }) => status === worst.status);
  const severity = severityOf(worst);
  if (same.every(({ state }) => state === worst.state) && same.length === all) {
    return { state: worst.state, severity, text: ofAll(all, all, `are ${worst.state}`) };
  }
  const what = worst.status === 2
    ? `${same.length === 1 ? "is" : "are"} critical`
    : `${same.length === 1 ? "has a warning" : "have warnings"}`;
  return { state: worst.state, severity, text: ofAll(same.length, all, what) };
}

/** @param {readonly Judged[]} queues */
function unknownVerdict(queues) {
  const unknown = queues.filter(({ status }) => status === 3).length;
  if (unknown === 0) return undefined;
  return calm("unknown", `The state of ${ofAll(unknown, queues.length, "is unknown")}`);
}

/** @type {(some: number, all: number, what: string) => string} */
function ofAll(some, all, what) {
  return all === 1 ? `1 queue ${what.replace(/^are/, "is")}` : `${some} of ${all} queues ${what}`;
}

/** @param {number} all */
function allOk(all) {
  return all === 1 ? "The queue is ok" : `All ${all} queues are ok`;
}

/**
 * A verdict without trouble.
 *
 * @type {(state: string, text: string) => Verdict}
 */
export function calm(state, text) {
  return { state, severity: "calm", text };
}
