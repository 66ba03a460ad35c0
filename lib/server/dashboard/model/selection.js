// @ts-check
/**
 * Which events are selected. Nothing but what the operator does changes it.
 *
 * @module
 */

/**
 * @typedef {object} Selection
 * @property {ReadonlySet<string>} handles
 * @property {string | null} last The handle that a range begins at.
 * @property {boolean} all Whether all that match are meant, shown or not.
 */

/** @type {Selection} */
export const NOTHING = { handles: new Set(), last: null, all: false };

/**
 * Selects or deselects one event; with `isRange` those from the last one to it.
 *
 * @param {Selection} selection
 * @param {readonly string[]} shown The handles in the order shown.
 * @param {string} handle
 * @param {boolean} [isRange]
 * @returns {Selection}
 */
export function toggle(selection, shown, handle, isRange = false) {
  const isOn = !selection.handles.has(handle) && !selection.all;
  const from = isRange && selection.last ? shown.indexOf(selection.last) : -1;
  const to = shown.indexOf(handle);
  const meant = from < 0 || to < 0
    ? [handle]
    : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
  const handles = new Set(selection.all ? shown : selection.handles);
  for (const one of meant) isOn ? handles.add(one) : handles.delete(one);
  return { handles, last: handle, all: false };
}

/**
 * Selects all that are shown; again: none.
 *
 * @param {Selection} selection
 * @param {readonly string[]} shown
 * @returns {Selection}
 */
export function toggleShown(selection, shown) {
  const areOn = shown.every((handle) => selection.handles.has(handle));
  return areOn ? NOTHING : { handles: new Set(shown), last: null, all: false };
}

/**
 * How many events are selected.
 *
 * @param {Selection} selection
 * @param {number} matching How many match.
 * @returns {number}
 */
export function countSelected({ handles, all }, matching) {
  return all ? matching : handles.size;
}
