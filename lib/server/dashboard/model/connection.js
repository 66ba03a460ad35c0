// @ts-check
/**
 * The times of a connection that was lost, and what is said meanwhile.
 *
 * @module
 */

const LONGEST_MS = 30_000;

/**
 * How long to wait before a stream is opened again: 1 to 30 s, twice as long each time, with jitter
 * so that many pages do not come at once.
 *
 * @param {number} failures How often it failed in a row, at least 1.
 * @param {number} random From 0 to 1.
 * @returns {number} ms
 */
export function waitBefore(failures, random) {
  const most = Math.min(LONGEST_MS, 1000 * 2 ** Math.min(failures, 10));
  return Math.max(1000, Math.round(most * (0.5 + random / 2)));
}

/**
 * Why nothing changes on the page; `null` where it is live.
 *
 * @param {{ isHeld: boolean, isSelecting: boolean, isDialogOpen: boolean }} live
 * @returns {string | null}
 */
export function holdReason({ isHeld, isSelecting, isDialogOpen }) {
  if (isHeld) return "On hold";
  if (isSelecting) return "On hold while you select";
  return isDialogOpen ? "On hold while you decide" : null;
}
