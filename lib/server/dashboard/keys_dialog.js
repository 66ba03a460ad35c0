/**
 * All keys, in a dialog.
 *
 * @module
 */

import { html } from "htm/preact";
import { Dialog } from "./dialog.js";
import { areOn, turn } from "./shortcuts.js";

const KEYS = [
  ["/", "Filter"],
  ["j k", "Next and previous row"],
  ["Enter", "Open"],
  ["x", "Select"],
  ["a", "Select all shown"],
  ["r", "Retry, opens the dialog"],
  ["d", "Drop, opens the dialog"],
  ["p", "Pause or resume, opens the dialog"],
  ["g q", "Queues"],
  ["g f", "Failed"],
  ["g p", "Processes"],
  ["g c", "Checks"],
  [".", "Hold or resume live updates"],
  ["t", "Light, dark, system"],
  ["Esc", "Back"],
];

/** The dialog. */
export function KeysDialog({ onClose }) {
  return html`
    <${Dialog} title="Keyboard" note="Off while you type or hold Ctrl, Alt or Meta."
      onClose=${onClose}>
      <dl class="keys">${KEYS.map(([keys, what]) =>
        html`
          <dt>${keys.split(" ").map((key) =>
            html`
              <kbd>${key}</kbd>
            `
          )}</dt>
          <dd>${what}</dd>
        `
      )}</dl>
      <label><input type="checkbox" checked=${areOn()} onChange=${({ target }) =>
        turn(target.checked)} /> Single-key shortcuts on</label>
      <//>
  `;
}
