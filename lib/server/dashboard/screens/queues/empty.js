/**
 * What is shown where no queue is known.
 *
 * @module
 */

import { html } from "htm/preact";

/** Says where workers come from. */
export function Empty({ view }) {
  return html`
    <div class="empty">
      <p>${view.scope === "process"
        ? "This process runs no queue."
        : "No process on this host runs a queue."} Say where the workers are:</p>
      <pre tabindex="0" role="region"
        aria-label="Commands">process-queue --all --workers-dir ./workers</pre>
      <p
        class="quiet">Queues without a worker are not listed. To see what the broker holds: <code>process-queue queues --all</code></p>
    </div>
  `;
}
