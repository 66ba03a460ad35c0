// @ts-check
/**
 * What a key means.
 *
 * @module
 */

/** The second key after `g`, and the screen it opens. */
const SCREENS = /** @type {Record<string, string>} */ ({
  q: "queues",
  f: "failed",
  p: "processes",
  c: "checks",
});

/** Keys that mean one action. */
const ACTIONS = /** @type {Record<string, string>} */ ({
  "/": "filter",
  j: "next",
  k: "previous",
  x: "select",
  a: "select all",
  r: "retry",
  d: "drop",
  p: "pause",
  ".": "hold",
  t: "theme",
  "?": "help",
  Escape: "back",
});

/** @typedef {{ key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, isTyping?: boolean, isInDialog?: boolean }} Press */

/**
 * What a key means after the ones before it. While somebody types, in a dialog, and with Ctrl, Alt
 * or Meta, a key means nothing here.
 *
 * @param {Press} press
 * @param {{ isAfterG?: boolean, areSingleKeysOn?: boolean }} [state]
 * @returns {{ action: string | null, isAfterG: boolean }} `go SCREEN` is one action.
 */
export function meaningOf(press, { isAfterG = false, areSingleKeysOn = true } = {}) {
  const nothing = { action: null, isAfterG: false };
  if (press.ctrlKey || press.altKey || press.metaKey || press.isTyping || press.isInDialog) {
    return nothing;
  }
  if (press.key !== "Escape" && !areSingleKeysOn) return nothing;
  if (isAfterG) {
    const screen = SCREENS[press.key];
    return { action: screen ? `go ${screen}` : null, isAfterG: false };
  }
  if (press.key === "g") return { action: null, isAfterG: true };
  return { action: ACTIONS[press.key] ?? null, isAfterG: false };
}
