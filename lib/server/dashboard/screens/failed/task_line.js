/**
 * What runs on the failed events of a queue now, or what ran last.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { path } from "../../address.js";
import { post, remove } from "../../api.js";
import { ago } from "../../format_details.js";
import { keepTask, useLive } from "../../live.js";
import { outcomeOf, progressOf } from "../../model/groups.js";
import { may } from "../../session.js";

/** The line; without a task, an offer to scan the events that were not looked at. */
export function TaskLine({ queue, page }) {
  const { tasks } = useLive();
  const own = [...tasks.values()].filter((task) => task.queue === queue && !task.dry_run)
    .sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
  const running = own.find(({ state }) => state === "running");
  if (running) return html`<${Running} task=${running} />`;
  const last = own.find(({ kind, state }) => kind !== "scan" || state === "failed");
  return html`${last && html`<${Ended} task=${last} />`}
    ${page && !page.complete && may("changes") && html`<${ScanAll} queue=${queue} />`}`;
}

function Running({ task }) {
  const { done, of, text, left } = progressOf(task);
  return html`<div class="task"><span>${text}</span>
    <progress max=${of || 1} value=${done} aria-label=${task.kind}></progress>
    <span class="quiet">${left ? `${left}, ` : ""}you can close this page</span>
    ${
    may("changes") && html`<button class="plain" type="button" onClick=${() =>
      remove(["tasks", task.id]).then(keepTask, () => {})}>Cancel</button>`
  }</div>`;
}

function Ended({ task }) {
  const saved = task.result?.saved;
  return html`<div class="task" role="status"><span>${outcomeOf(task)}</span>
    ${
    saved && may("changes") &&
    html`<a download href=${path("v1", "tasks", task.id, "saved")}>Download the saved file</a>`
  }
    <span class="quiet">by ${task.by}, ${ago(task.ended_at, Date.now())}</span></div>`;
}

function ScanAll({ queue }) {
  const [problem, setProblem] = useState(null);
  const scan = () =>
    post(["queues", queue, "failed", "scan"], { scan: null }).then(
      ({ task }) => keepTask(task),
      (error) => setProblem(error.message),
    );
  return html`<p><button class="plain" type="button" onClick=${scan}>Scan all</button> ${
    problem && html`<span class="problem" role="alert">${problem}</span>`
  }</p>`;
}
