/**
 * Pausing, resuming and restarting a queue.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { post } from "../api.js";
import { Dialog } from "../dialog.js";
import { count, rate } from "../format.js";
import { pauseCommand } from "../model/command.js";

const ENDS = [
  ["in 30 minutes", () => 1800],
  ["in 2 hours", () => 7200],
  ["tomorrow at 9:00", () => secondsUntilMorning(new Date())],
  ["only by hand", () => null],
];

/** Seconds until 9:00 of the next day, on the reader's clock. */
function secondsUntilMorning(now) {
  const morning = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  return Math.round((morning - now) / 1000);
}

/** Asks every process of this host that has the queue; fails where one refuses. */
async function ask(queue, what, body = {}) {
  const { results } = await post(["queues", queue, what], { ...body, everywhere: true });
  const refused = results.filter(({ ok }) => !ok);
  if (refused.length === 0) return;
  throw new Error(refused.map(({ pid, error }) => `Process ${pid}: ${error}`).join(". "));
}

/** Asks for the reason and the end of a pause. */
export function PauseDialog({ row, onClose }) {
  const [reason, setReason] = useState("");
  const [end, setEnd] = useState(0);
  const seconds = ENDS[end][1]();
  const pause = () =>
    ask(row.queue, "pause", {
      ...(reason ? { reason } : {}),
      ...(seconds === null ? {} : { seconds }),
    });
  return html`
    <${Dialog} title=${`Pause ${row.queue}?`} yes=${`Pause ${row.queue}`} onYes=${pause} onClose=${onClose}>
      <p>No new events start. Running events finish. ${count(
        row.ready,
      )} events wait and about ${rate(row.rate)} a second arrive; they wait.</p>
      <label>Reason <input class="wide-field" name="reason" placeholder="Shown to everyone" value=${reason} onInput=${(
        { target },
      ) => setReason(target.value)} /></label>
      <label>Resume <select class="wide-field" name="until" onChange=${({ target }) =>
        setEnd(Number(target.value))}>${ENDS.map(([text], index) =>
          html`<option value=${index}>${text}</option>`
        )}</select></label>
      <p class="small quiet">The same by command: <code class="command">${pauseCommand({
        queue: row.queue,
        reason,
        seconds,
      })}</code></p>
      <//>
  `;
}

/** Asks before a pause ends. */
export function ResumeDialog({ row, onClose }) {
  return html`
    <${Dialog} title=${`Resume ${row.queue}?`} yes=${`Resume ${row.queue}`} onYes=${() =>
      ask(row.queue, "resume")} onClose=${onClose}>
      <p>${count(row.ready)} events wait. They start at once.</p>
      <p
        class="small quiet">The same by command: <code class="command">process-queue resume ${row
          .queue}</code></p>
      <//>
  `;
}

/** Asks before a queue's thread is replaced. */
export function RestartDialog({ row, onClose }) {
  return html`
    <${Dialog} title=${`Restart the thread of ${row.queue}?`} yes=${`Restart ${row.queue}`} onYes=${() =>
      ask(row.queue, "restart")} onClose=${onClose}>
      <p>A new thread starts at once. ${row.unacked
        ? `${count(row.unacked)} events that run now start anew in it.`
        : "No event runs now."} A parked queue is tried again.</p>
      <p
        class="small quiet">The same by command: <code class="command">process-queue restart ${row
          .queue}</code></p>
      <//>
  `;
}

/** The dialog of a queue that is open, if one is. */
export function QueueDialog({ dialog, close }) {
  const Named = { pause: PauseDialog, resume: ResumeDialog, restart: RestartDialog }[dialog?.name];
  return Named ? html`<${Named} row=${dialog.row} onClose=${close} />` : null;
}
