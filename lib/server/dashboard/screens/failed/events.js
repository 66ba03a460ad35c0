/**
 * The events of a group, with boxes to select them.
 *
 * @module
 */

import { html } from "htm/preact";
import { eventPath } from "../../address.js";
import { count, time } from "../../format.js";
import { differences } from "../../model/body.js";
import { Count } from "../../parts.js";

/** The table. `onToggle(handle, isRange)`: a box was clicked, with Shift for a range. */
export function Events({ queue, events, now, selection, onToggle }) {
  const starts = differences(events.map(({ body_start }) => body_start ?? ""));
  return html`
    <table class="lines events">
      <caption class="unseen">Events, newest first</caption>
      <thead>
        <tr>
          <th><span class="unseen">Select</span></th>
          <th scope="col">Event</th>
          <th scope="col" class="num" aria-sort="descending">Failed at</th>
          <th scope="col" class="num only-wide">Attempts</th>
          <th scope="col" class="num only-wide">Retried</th>
          <th scope="col">Body, where it differs</th>
        </tr>
      </thead>
      <tbody>${events.map(({ handle, failed_at, attempts, retried }, index) => {
        const isSelected = selection.all || selection.handles.has(handle);
        return html`
          <tr key=${handle} class=${isSelected ? "chosen-row" : undefined}>
            <td><label><input type="checkbox" checked=${isSelected} onClick=${(event) =>
              onToggle(
                handle,
                event.shiftKey,
              )} /><span class="unseen">Select ${handle}</span></label></td>
            <td><a href=${eventPath(
              queue,
              handle,
            )} data-row=${handle}><code>${handle}</code></a></td>
            <td class="num">${time(failed_at, now)}</td>
            <td class="num only-wide">${count(attempts)}</td>
            <td class="num only-wide">
              <${Count} value=${retried} />
            </td>
            <td class="body"><code>${starts[index]}</code></td>
          </tr>
        `;
      })}</tbody>
    </table>
  `;
}
