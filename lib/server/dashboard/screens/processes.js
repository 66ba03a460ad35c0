/**
 * The processes that run queues.
 *
 * @module
 */

import { html } from "htm/preact";
import { path } from "../address.js";
import { ManageDialog } from "../dialogs/manage.js";
import { brokerName, count, duration, plural, rate } from "../format.js";
import { megabytes } from "../format_details.js";
import { useLive } from "../live.js";
import { processState, processVerdict } from "../model/other_verdicts.js";
import { useDialog } from "../on_demand.js";
import { Count, State } from "../parts.js";
import { may } from "../session.js";

const COLUMNS = [
  ["State"],
  ["Process"],
  ["Version", "only-wide"],
  ["Broker", "only-wide"],
  ["Up", "num"],
  ["Memory", "num"],
  ["In flight", "num only-wide"],
  ["Queues", "num only-wide"],
  ["Events/s", "num"],
];
const ORDER = ["not heard from", "unknown", "draining", "starting", "quiet", "running"];

/** The screen. */
export function Screen() {
  const { view } = useLive();
  const [dialog, open, close] = useDialog();
  if (!view) return null;
  const verdict = processVerdict(view.processes);
  document.title = `${verdict.text} · process-queue`;
  const rows = [...view.processes].sort((a, b) =>
    ORDER.indexOf(processState(a)) - ORDER.indexOf(processState(b))
  );
  const versions = [...new Set(rows.map(({ version }) => version).filter(Boolean))].sort();
  return html`
    <div class="head">
      <h1>
        <${State} state=${verdict.state} severity=${verdict.severity}>${verdict.text}<//></h1>
          <p class="facts"><span><b>${rows.length}</b> on ${view.host}</span><span><b>${versions
            .length}</b> ${versions.length === 1 ? "version" : "versions"}${versions.length > 0 &&
            `: ${versions.join(" and ")}`}</span>
          <span>${brokerName(view.broker)}</span></p>
        </div>
        ${rows.length === 0
          ? html`
            <div class="empty">
              <p>Start one:</p>
              <pre tabindex="0" role="region" aria-label="Command">process-queue --all</pre>
            </div>
          `
          : html`<table class="queues managed">
      <caption class="unseen">Processes, worst first</caption>
      <thead><tr>${
            COLUMNS.map(([title, kind]) => html`<th scope="col" class=${kind}>${title}</th>`)
          }<th class="act"><span class="unseen">Actions</span></th></tr></thead>
      ${
            rows.map((row) =>
              html`<${Row} key=${row.id ?? row.pid} row=${row} now=${Date.parse(view.at)} newest=${
                versions.at(-1)
              } open=${open} />`
            )
          }
    </table>`}
        <p class="wait">Processes of other hosts are not shown.</p>
        ${dialog && html`<${ManageDialog} dialog=${dialog} onClose=${close} />`}
  `;
}

function Row({ row, now, newest, open }) {
  const state = processState(row);
  const name = `${row.host ?? "?"}:${row.pid}`;
  const notes = notesOf(row, newest);
  const age = row.started_at === null ? null : (now - Date.parse(row.started_at)) / 1000;
  const version = row.version ?? "?";
  return html`<tbody data-state=${state} data-severity=${row.reachable ? undefined : "warning"}>
    <tr><td class="row-state"><${State} state=${state} /></td>
      <th scope="row" class="row-name"><a class="name" data-row=${name} href=${path()}>${name}</a>${
    row.is_self && html`
      <span class="quiet">serves this page</span>
    `
  }</th>
      <td class="only-wide" data-label="Version">${
    version === newest || version === "?"
      ? version
      : html`<span class="why" data-severity="warning">${version}</span>`
  }</td>
      <td class="only-wide" data-label="Broker">${
    row.broker_up === null
      ? "?"
      : row.broker_up
      ? "up"
      : html`<span class="why" data-severity="critical">away</span>`
  }</td>
      <td class="num" data-label="Up">${duration(age)}</td>
      <td class="num" data-label="Mem">${megabytes(row.rss_bytes)}</td>
      <td class="num only-wide" data-label="In flight"><${Count} value=${
    row.reachable ? row.in_flight : null
  } /></td>
      <td class="num only-wide" data-label="Queues"><${Count} value=${
    row.reachable ? row.queues.length : null
  } /></td>
      <td class="num" data-label="Events/s">${rate(row.rate)}</td>
      <td class="act">${
    may("changes") && row.reachable &&
    html`<button type="button" class=${
      state === "quiet" ? "plain kept" : "plain"
    } aria-label=${`Manage ${name}`} onClick=${() =>
      open("manage", { row, name })}>Manage…</button>`
  }</td></tr>
    ${
    notes && html`
      <tr class="advice">
        <td></td>
        <td colspan="9">${notes}${may("changes") && row.reachable && html`
          ${" "}
                    <button class="plain small" type="button" onClick=${() =>
                      open("manage", { row, name })}>Manage…</button>
        `}</td>
      </tr>
    `
  }
  </tbody>`;
}

/** What is to be said of a process below its numbers. */
function notesOf(row, newest) {
  return [
    row.reachable ? null : `${row.error ?? "It does not answer"}.`,
    row.version && row.version !== newest ? "Older version." : null,
    row.state === "quiet" ? "Takes no new events until it is resumed." : null,
    row.state === "stopping"
      ? `${plural(row.running, "event runs", "events run")} still; it exits then.`
      : null,
    row.broker_blocked ? `The broker takes no publishes: ${row.broker_blocked}.` : null,
    row.zombie_threads > 0 ? `${plural(row.zombie_threads, "thread")} could not be ended.` : null,
    row.log_level && !["info", "warning", "error"].includes(row.log_level)
      ? `Log level ${row.log_level}.`
      : null,
    row.oldest_running_seconds > 180
      ? `An event has been running for ${duration(row.oldest_running_seconds)}; ${
        count(row.running)
      } run.`
      : null,
  ].filter(Boolean).join(" ");
}
