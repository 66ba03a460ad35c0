/**
 * Editing the body of a failed event, and retrying it.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { get, taskEnd } from "../api.js";
import { Dialog } from "../dialog.js";
import { indented, jsonProblem } from "../model/body.js";
import { startRepair } from "./repair.js";

/** The dialog. The body is loaded unmasked, which the server logs. */
export function EditDialog({ queue, event, onClose, onDone }) {
  const [text, setText] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    get(["queues", queue, "failed", event.handle], { raw: 1 }).then(
      ({ body }) => setText(indented(body ?? "")),
      (error) => setProblem(error.message),
    );
  }, []);
  const wrong = text === null ? null : jsonProblem(text);
  const retry = async () => {
    const body = { filter: { ids: [event.handle] }, expected: 1, body: text };
    const task = await taskEnd(await startRepair(queue, "retry", body, { wait: 5 }));
    if (task.state !== "done") throw new Error(task.error ?? "It was canceled.");
    if (task.result.moved === 0) {
      throw new Error(
        "The event is no longer there: it was put back or dropped. Nothing was sent.",
      );
    }
    onDone();
  };
  return html`
    <${Dialog} title=${`Edit and retry ${event.handle}?`}
      note="The event goes back with this body and all attempts again. Its headers stay."
      yes="Retry 1" isReady=${text !== null && wrong === null} onYes=${retry} onClose=${onClose}>
        ${problem && html`<p class="problem" role="alert">${problem}</p>`}
        <div><label for="edited">Body, as JSON. It is shown unmasked; this is logged.</label>
          <textarea id="edited" name="body" spellcheck="false" autocomplete="off" disabled=${text ===
            null} value=${text ?? ""}
            aria-describedby="edited-problem" onInput=${({ target }) =>
              setText(target.value)}></textarea>
          <p class="problem" id="edited-problem" role="status">${wrong}</p></div>
      <//>
  `;
}
