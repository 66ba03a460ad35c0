/**
 * Single keys. A screen says what its own keys do; the others do the same everywhere.
 *
 * @module
 */

import { useEffect } from "preact/hooks";
import { meaningOf } from "./model/keys.js";

const SETTING = "process-queue.single-keys";
const actions = [];
let isAfterG = false;

/** Whether single keys are on. */
export const areOn = () => stored(SETTING) !== "off";
/** Turns single keys on or off, for this browser. */
export const turn = (isOn) => store(SETTING, isOn ? "on" : "off");

/** What a browser keeps for this page; `null` where it keeps nothing. */
export function stored(name) {
  try {
    return globalThis.localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a setting, where the browser allows it. */
export function store(name, value) {
  try {
    globalThis.localStorage.setItem(name, value);
  } catch { /* It holds until the page is closed. */ }
}

/**
 * While a component is shown, keys do what `own` says: `{ "retry": () => … }`.
 *
 * @param isLast Whether what others say comes first.
 */
export function useKeys(own, isLast = false) {
  useEffect(() => {
    isLast ? actions.push(own) : actions.unshift(own);
    return () => void actions.splice(actions.indexOf(own), 1);
  });
}

/** Begins to listen. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    const meaning = meaningOf(pressOf(event), { isAfterG, areSingleKeysOn: areOn() });
    isAfterG = meaning.isAfterG;
    const action = meaning.action && actions.find((own) => own[meaning.action]);
    if (!action) return;
    event.preventDefault();
    action[meaning.action]();
  });
}

function pressOf(event) {
  const { key, ctrlKey, altKey, metaKey, target } = event;
  const isTyping = target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");
  if (isTyping && key === "Escape") target.blur();
  const isInDialog = document.querySelector("dialog[open]") !== null;
  return { key, ctrlKey, altKey, metaKey, isTyping, isInDialog };
}

/** Moves the focus to the next or previous row. */
export function moveRow(step) {
  const rows = [...document.querySelectorAll("main [data-row]")];
  const here = rows.findIndex((row) => row === document.activeElement || focusedIn(row));
  const to = rows[
    here < 0
      ? (step > 0 ? 0 : rows.length - 1)
      : Math.max(0, Math.min(rows.length - 1, here + step))
  ];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
}

function focusedIn(row) {
  const holder = row.closest("tbody tr, tbody, li");
  return holder?.contains(document.activeElement) &&
    holder.querySelectorAll("[data-row]").length === 1;
}

/** The name of the row that has the focus: the value of its `data-row`. */
export function focusedRow() {
  const active = document.activeElement;
  const own = active?.closest?.("[data-row]") ??
    active?.closest?.("tr, tbody")?.querySelector("[data-row]");
  return own?.dataset.row ?? null;
}
