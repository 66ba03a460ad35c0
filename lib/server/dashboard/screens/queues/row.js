/**
 * A row of the screen Queues.
 *
 * @module
 */

import { Component, html } from "htm/preact";
import { failedPath, path, query, queuePath } from "../../address.js";
import { duration, oldest, plural, rate } from "../../format.js";
import { sumOf } from "../../model/history.js";
import { whyOf } from "../../model/rows.js";
import { adviceOf } from "../../model/sentences.js";
import { severityOf } from "../../model/verdict.js";
import { Breakable, Count, Sentence, Spark, State } from "../../parts.js";
import { may } from "../../session.js";

/** A row is drawn again only when something in it changed. */
export class Row extends Component {
  shouldComponentUpdate({ row, view, history, isOpen }) {
    return this.signature !== signature(row, view, history) || isOpen !== this.props.isOpen;
  }

  render({ row, view, history, open, isOpen }) {
    this.signature = signature(row, view, history);
    const severity = severityOf(row);
    const advice = adviceOf(row, {
      now: Date.parse(view.at),
      failedHref: failedPath(row.queue),
      canAct: may("changes"),
    });
    return html`<tbody data-state=${row.state} data-severity=${severity} class=${
      view.broker.up ? undefined : "stale"
    }>
      <${Cells} row=${row} history=${history} open=${open} severity=${severity} />
      ${
      advice.length > 0 && html`
        <tr class="advice">
          <td></td>
          <td colspan="9">
            <${Sentence} parts=${advice} />
            <${Repair} row=${row} open=${open} />
          </td>
        </tr>
      `
    }
      ${
      isOpen && row.shards.map((shard) =>
        html`
          <${Cells} key=${shard.queue} row=${shard} history=${history} open=${open}
            severity=${severityOf(shard)} isShard />
        `
      )
    }
    </tbody>`;
  }
}

function signature(row, { broker, at }, history) {
  const minute = row.paused ? at.slice(0, 16) : "";
  const { queue } = row.shards[0] ?? row;
  return JSON.stringify([row, broker.up, minute, history.get(queue)?.ends_at]);
}

function Cells({ row, history, open, severity, isShard = false }) {
  const why = whyOf(row);
  const lines = (name) => lineOf(row, name, history);
  const cell = (name, label, content, kind = "") =>
    html`<td class=${`num ${kind}`} data-label=${label}>${
      why === name ? html`<span class="why">${content}</span>` : content
    }</td>`;
  const age = {
    seconds: row.oldest_seconds,
    isEstimate: row.oldest_is_estimate,
    waiting: row.ready,
  };
  return html`<tr>
    <td class="row-state"><${State} state=${row.state} severity=${severity} /></td>
    <th scope="row" class="row-name"><${Name} row=${row} isShard=${isShard} /></th>
    ${cell("ready", "Ready", html`<${Count} value=${row.ready} />`)}
    ${cell("retrying", "Retrying", html`<${Count} value=${row.retrying} />`, "only-wide")}
    ${
    cell(
      "failed",
      "Failed",
      row.failed_is_being_repaired
        ? html`<span class="quiet">in repair</span>`
        : html`<${Count} value=${row.failed} />`,
    )
  }
    <td class="num only-wide"><span class="pair"><${Spark} points=${
    lines("rate")
  } show=${rate} unit="a second" /><span>${rate(row.rate)}</span></span></td>
    <td class="num only-wide"><span class="pair"><${Spark} points=${
    lines("wait_p99")
  } show=${duration} unit="" /><span>${duration(row.wait_p99)}</span></span></td>
    ${cell("oldest", "Oldest", oldest(age))}
    ${cell("consumers", "Consumers", html`<${Count} value=${row.consumers} />`, "only-wide")}
    <td class="act">${
    may("changes") && !row.shards?.length && html`<${Pause} row=${row} open=${open} />`
  }</td>
  </tr>`;
}

/** The last 30 minutes of a column; of shards, their sum. A sum of waits says nothing. */
function lineOf({ queue, shards = [] }, name, history) {
  if (shards.length === 0) return history.get(queue)?.[name] ?? [];
  return name === "rate" ? sumOf(shards.map((shard) => history.get(shard.queue)?.rate ?? [])) : [];
}

function Name({ row, isShard }) {
  const shards = row.shards?.length ?? 0;
  const href = shards > 0 ? path() + query({ open: row.queue }) : queuePath(row.queue);
  return html`
    ${isShard && html`<span class="quiet">↳ </span>`}<a class="name" href=${href}
      data-row=${row.queue}><${Breakable} text=${row.queue} /></a>${shards > 0 &&
        html`${" "}<span class="quiet">${plural(shards, "shard")}</span>`}
  `;
}

function Pause({ row, open }) {
  const isPaused = row.state === "paused" || row.paused;
  return html`
    <button type="button" class=${isPaused ? "plain kept" : "plain"} aria-label=${`${
      isPaused ? "Resume" : "Pause"
    } ${row.queue}`}
      onClick=${() => open(isPaused ? "resume" : "pause", { row })}>${isPaused
        ? "Resume"
        : "Pause"}</button>
  `;
}

/** The button that repairs a row, where one does. */
function Repair({ row, open }) {
  const text = { stuck: "Restart its thread…", parked: "Start now…" }[row.state];
  if (!text || !may("changes")) return null;
  return html`<button class="plain small" type="button" onClick=${() =>
    open("restart", { row })}>${text}</button>`;
}
