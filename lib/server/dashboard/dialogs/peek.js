/**
 * A look at events that wait.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { post } from "../api.js";
import { Dialog } from "../dialog.js";
import { count, plural, time } from "../format.js";
import { size } from "../format_details.js";
import { Scrolling } from "../sections.js";

/** Shows the oldest events that wait. Where a look has effects it says so, and asks first. */
export function PeekDialog({ queue, onClose }) {
  const [{ answer, problem, canInsist }, set] = useState({});
  const look = (more = {}) =>
    post(["queues", queue, "peek"], { limit: 10, ...more }).then(
      (found) => set({ answer: found }),
      (error) =>
        set({ problem: error.message, canInsist: error.status === 409 && !more.count_a_delivery }),
    );
  useEffect(() => void look(), []);
  return html`<${Dialog} title=${`Events that wait in ${queue}`} note=${
    answer
      ? `${answer.events.length} of ${count(answer.of)}, the oldest first`
      : problem
      ? ""
      : "Looking…"
  } onClose=${onClose}>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${
    canInsist && html`<p><button type="button" onClick=${() =>
      look({ count_a_delivery: true })}>Look all the same</button></p>`
  }
    ${answer?.events.length === 0 && html`<p>Nothing waits.</p>`}
    ${answer?.events.map((event) => html`<${Waiting} key=${event.id} event=${event} />`)}
    <p class="small quiet">The same by command: <code class="command">process-queue peek ${queue}</code></p>
  <//>`;
}

function Waiting({ event }) {
  const { id, published_at, bytes, body, body_base64 } = event;
  const label = id ?? "an event without id";
  return html`
    <div>
      <p class="small"><code>${label}</code> <span class="quiet">${size(bytes)}${published_at
        ? `, published ${time(published_at, Date.now())}`
        : ""}</span></p>
      <${Scrolling} name=${`Body of ${label}`}>${body ?? body_base64 ??
        plural(bytes, "byte")}<//></div>
  `;
}
