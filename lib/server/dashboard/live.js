/**
 * What the server says of itself every two seconds, and whether the page follows it.
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";
import { get } from "./api.js";
import { path } from "./address.js";
import { holdReason, waitBefore } from "./model/connection.js";
import { append, NO_HISTORY } from "./model/history.js";
import { changesBetween } from "./model/rows.js";
import { session } from "./session.js";

const EVERY_SECONDS = 10;

const state = {
  /** The view that is shown; `null`: none came yet. */
  view: null,
  /** Since when nothing comes, in ms since 1970; `null`: the stream is open. */
  lostAt: null,
  isHeld: false,
  isSelecting: false,
  isDialogOpen: false,
  /** The histories of all queues, by name. */
  history: new Map(),
  tasks: new Map(),
  /** The last change of states, as a sentence. */
  changes: "",
  /** The message of the last failure to connect. */
  problem: null,
};
const listeners = new Set();
let latest = null;
let source = null;
let failures = 0;
let timer;

/** The state of the page, and a new rendering at each change of it. */
export function useLive() {
  const [, render] = useState(0);
  useEffect(() => {
    const listener = () => render((count) => count + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return state;
}

/** Changes `isHeld`, `isSelecting` or `isDialogOpen`; what came meanwhile is shown at the end. */
export function setHold(change) {
  Object.assign(state, change);
  show();
}

/** Begins to follow. */
export async function start() {
  document.addEventListener("visibilitychange", () => document.hidden ? disconnect() : connect());
  setInterval(() => state.lostAt !== null && tell(), 1000);
  await loadHistory().catch(() => {});
  connect();
}

async function loadHistory() {
  const { queues } = await get(["dashboard", "history"]);
  state.history = new Map(Object.entries(queues));
}

function connect() {
  if (source || document.hidden) return;
  clearTimeout(timer);
  source = new EventSource(path("v1", "dashboard", "stream"));
  source.onerror = lose;
  source.addEventListener("snapshot", ({ data }) => receive(JSON.parse(data)));
  source.addEventListener("task", ({ data }) => keepTask(JSON.parse(data)));
}

function disconnect() {
  source?.close();
  source = null;
}

function lose() {
  disconnect();
  askWho();
  state.lostAt ??= Date.now();
  failures++;
  timer = setTimeout(connect, waitBefore(failures, Math.random()));
  tell();
}

/** A server that was started again knows no sessions: what is offered must be what may be done. */
async function askWho() {
  const { right } = await get(["session"]).catch(() => session);
  if (right !== session.right && !state.isDialogOpen) globalThis.location.reload();
}

/** Opens the stream now, after a loss. */
export function retryNow() {
  disconnect();
  connect();
}

/** Takes a view as the stream brings it. */
export function receive(view) {
  if (failures > 0) askWho();
  failures = 0;
  state.lostAt = null;
  latest = view;
  for (const row of view.queues) {
    const history = state.history.get(row.queue) ?? NO_HISTORY;
    state.history.set(row.queue, append(history, row, view.sampled_at, EVERY_SECONDS));
  }
  for (const task of view.tasks) state.tasks.set(task.id, { ...state.tasks.get(task.id), ...task });
  show();
}

/** Keeps what is known of a task. */
export function keepTask(task) {
  state.tasks.set(task.id, task);
  tell();
}

function show() {
  if (latest && (state.view === null || holdReason(state) === null)) {
    if (state.view) {
      state.changes = changesBetween(state.view.queues, latest.queues) || state.changes;
    }
    state.view = latest;
  }
  tell();
}

function tell() {
  listeners.forEach((listener) => listener());
}
