/**
 * Retrying and dropping failed events: a dry run in numbers, then the button.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { post, remove, taskEnd } from "../api.js";
import { Dialog } from "../dialog.js";
import { count, duration, plural, time } from "../format.js";
import { keepTask, useLive } from "../live.js";
import { repairCommand } from "../model/command.js";
import { State } from "../parts.js";
import { severityOf } from "../model/verdict.js";

/** Dropping more than this wants the number typed. */
const MANY = 100;
const RATE = "20";

/** Counts what a filter means; `{ result, at }`, or `{ problem }`. */
function useDryRun(queue, action, filter) {
  const [state, setState] = useState({ result: null, problem: null, progress: null });
  useEffect(() => {
    const controller = new AbortController();
    let task;
    const cancel = () => {
      if (task?.state === "running") remove(["tasks", task.id]).catch(() => {});
    };
    const run = async () => {
      ({ task } = await post(["queues", queue, "failed", action], { filter, dry_run: true }));
      if (controller.signal.aborted) return cancel();
      const heard = ({ progress }) => setState((old) => ({ ...old, progress }));
      task = await taskEnd(task, heard, controller.signal);
      if (task.state !== "done") throw new Error(task.error ?? "The count was canceled.");
      if (!controller.signal.aborted) setState({ result: task.result, at: task.ended_at });
    };
    run().catch((error) => controller.signal.aborted || setState({ problem: error.message }));
    return () => {
      controller.abort();
      cancel();
    };
  }, []);
  return state;
}

/** Starts a retry or a drop. @returns The task. */
export async function startRepair(queue, action, body, values) {
  const { task } = await post(["queues", queue, "failed", action], body, values);
  keepTask(task);
  return task;
}

function noteOf({ result, at, problem, progress }) {
  if (problem) return "Nothing has moved.";
  if (result) return `Dry run at ${time(at, Date.now())}. Nothing has moved yet.`;
  return progress
    ? `Counting: ${count(progress.scanned)} of ${count(progress.of)} scanned…`
    : "Counting…";
}

/**
 * The dialog. `what` describes the events, `filter` means them.
 */
export function RepairDialog({ action, queue, filter, what, onClose, onStarted = () => {} }) {
  const dry = useDryRun(queue, action, filter);
  const [form, setForm] = useState({ rate: RATE, save: true, typed: "" });
  const set = (change) => setForm({ ...form, ...change });
  const moves = dry.result?.matched ?? 0;
  const isRetry = action === "retry";
  const rate = Number(form.rate) || null;
  const verb = isRetry ? "Retry" : "Drop";
  const isReady = moves > 0 &&
    (isRetry ? isRate(form.rate) : moves <= MANY || form.typed === String(moves));
  const act = async () => {
    const more = isRetry ? (rate ? { rate } : {}) : { save: form.save };
    onStarted(await startRepair(queue, action, { filter, expected: moves, ...more }));
  };
  const title = dry.result
    ? `${verb} ${plural(moves, "event")} of ${queue}?`
    : `${verb} events of ${queue}?`;
  return html`
    <${Dialog} title=${title} note=${noteOf(dry)} kind=${isRetry
      ? "first"
      : "drop"} isReady=${isReady}
      yes=${dry.result ? `${verb} ${count(moves)}` : verb} onYes=${act} onClose=${onClose}>
        ${dry.problem && html`<p class="problem" role="alert">${dry.problem}</p>`}
        ${dry.result &&
          html`<${DryRun} result=${dry.result} what=${what} isRetry=${isRetry} queue=${queue} />`}
        ${dry.result && moves > 0 &&
          (isRetry
            ? html`<${RetryFields} queue=${queue} form=${form} set=${set} moves=${moves} />`
            : html`<${DropFields} form=${form} set=${set} moves=${moves} queue=${queue} />`)}
        <p class="small quiet">The same by command: <code class="command">${repairCommand({
          action,
          queue,
          filter,
          rate: isRetry ? rate : null,
          save: form.save,
        })}</code></p>
      <//>
  `;
}

function isRate(text) {
  return text === "" || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1e6);
}

function DryRun({ result, what, isRetry, queue }) {
  const { scanned, of, matched: moves, left_alone } = result;
  return html`
    <table class="lines">
      <caption class="unseen">Dry run</caption>
      <tbody>
        <tr><td class="num">${count(scanned)}</td><td>scanned, of ${count(of)}</td></tr>
        ${(isRetry || left_alone > 0) && html`
          <tr>
            <td class="num">${count(moves + left_alone)}</td>
            <td>match <b>${what}</b></td>
          </tr>
        `}
        ${left_alone > 0 && html`
          <tr>
            <td class="num">− ${count(left_alone)}</td>
            <td>left alone: retried 3 times already</td>
          </tr>
        `}
        <tr class="sum"><td class="num">${count(moves)}</td><td>${isRetry
          ? `${moves === 1 ? "goes" : "go"} back into ${queue} with all attempts again`
          : "match and will be removed"}</td></tr>
        ${!isRetry && html`
          <tr>
            <td class="num">${count(of - moves)}</td>
            <td>others stay</td>
          </tr>
        `}
      </tbody>
    </table>
  `;
}

function RetryFields({ queue, form, set, moves }) {
  const row = useLive().view?.queues.find((one) => one.queue === queue);
  const isBad = row &&
    ["behind", "failing", "stuck", "parked", "no consumer", "blocked", "paused", "too few"]
      .includes(row.state);
  return html`
    ${isBad &&
      html`<p><${State} state=${row.state} severity=${severityOf(row)} />: ${
        row.ready > 0 ? `${plural(row.ready, "event waits", "events wait")} here. ` : ""
      }${
        ["failing", "behind"].includes(row.state) ? "These may fail again." : "These have to wait."
      }</p>`}
    <div
      class="field"><label>At <input name="rate" inputmode="numeric" autocomplete="off" value=${form
        .rate} aria-describedby="takes" onInput=${({ target }) =>
        set({ rate: target.value.trim() })} /> a second</label>
      <span class="quiet" id="takes">${form.rate === ""
        ? "as fast as possible"
        : isRate(form.rate)
        ? `takes ${duration(moves / Number(form.rate))}`
        : "a whole number from 1 to 1,000,000"}</span></div>
  `;
}

function DropFields({ form, set, moves, queue }) {
  return html`
    <label><input type="checkbox" name="save" checked=${form.save} onChange=${({ target }) =>
      set({ save: target.checked })} /> Save them first, so that you can undo this</label>
    <p class="small quiet">${form.save
      ? html`Into the folder <code>dropped</code> of the server’s state folder; you can download the file afterwards. Undo with <code>process-queue publish ${queue} --from FILE</code>`
      : "They are gone for good."}</p>
    ${moves > MANY && html`
      <div
        class="field"><label>Type ${moves} to drop them <input name="count" inputmode="numeric" autocomplete="off" value=${form
          .typed} onInput=${({ target }) => set({ typed: target.value.trim() })} /></label></div>
    `}
  `;
}
