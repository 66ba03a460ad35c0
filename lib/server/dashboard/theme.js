/**
 * Light, dark, or what the reader's system says.
 *
 * @module
 */

import { store, stored } from "./shortcuts.js";

const SETTING = "process-queue.theme";
export const THEMES = ["system", "light", "dark"];
const CHANGED = "themechange";

/** The chosen theme. */
export function theme() {
  const chosen = stored(SETTING);
  return THEMES.includes(chosen) ? chosen : "system";
}

/** Chooses a theme, for this browser. */
export function setTheme(name) {
  store(SETTING, name);
  document.documentElement.dataset.theme = name;
  globalThis.dispatchEvent(new Event(CHANGED));
}

/** The next of the three. */
export function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
}

/** Hears of another theme. @returns What ends it. */
export function onTheme(listener) {
  globalThis.addEventListener(CHANGED, listener);
  return () => globalThis.removeEventListener(CHANGED, listener);
}

if (globalThis.document) document.documentElement.dataset.theme = theme();
