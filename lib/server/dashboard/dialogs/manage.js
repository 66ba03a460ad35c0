/**
 * What can be done with a process.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { post } from "../api.js";
import { Dialog } from "../dialog.js";
import { plural } from "../format.js";

/** Each action: its name, the word on the button, what happens. */
const ACTIONS = {
  quiet: [
    "Take no new events",
    "Quiet",
    ({ running }) => `It takes no new events until it is resumed. ${runs(running)} on.`,
  ],
  resume: ["Take events again", "Resume", () => "It takes events again, at once."],
  drain: [
    "Finish and exit",
    "Drain",
    ({ running }) =>
      `It takes no new events, finishes ${
        plural(running, "running event")
      } and exits. A supervisor may start it again.`,
  ],
  restart: [
    "Restart its threads",
    "Restart",
    () => "Each queue gets a new thread, one after the other.",
  ],
  debug: [
    "Log in detail for 15 minutes",
    "Log in detail",
    () => "Log level debug for 15 minutes, then as it is configured.",
  ],
};

function runs(running) {
  return running === 1 ? "1 event that runs goes" : `${running} events that run go`;
}

/** Asks what to do, and says what happens before it does. */
export function ManageDialog({ dialog: { row, name }, onClose }) {
  const choices = Object.keys(ACTIONS).filter((action) =>
    action !== (row.state === "quiet" ? "quiet" : "resume")
  );
  const [action, setAction] = useState(choices[0]);
  const [, verb, words] = ACTIONS[action];
  const act = () =>
    action === "debug"
      ? post(["processes", row.id, "log-level"], { level: "debug", seconds: 900 })
      : post(["processes", row.id, action]);
  return html`
    <${Dialog} title=${`Manage ${name}`} yes=${`${verb} ${name}`} onYes=${act} onClose=${onClose}>
      <fieldset><legend class="unseen">What to do</legend>${choices.map((one) =>
        html`<p><label><input type="radio" name="action" checked=${one === action} onChange=${() =>
          setAction(one)} /> ${ACTIONS[one][0]}</label></p>`
      )}</fieldset>
      <p role="status">${words(row)}</p>
      <//>
  `;
}
