/**
 * All queues, worst first.
 *
 * @module
 */

import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { setQuery } from "../address.js";
import { brokerName, count, duration, plural, rate, time } from "../format.js";
import { useLive } from "../live.js";
import {
  countStates,
  filterRows,
  foldQuiet,
  foldShards,
  keepOrder,
  sortRows,
} from "../model/rows.js";
import { severityOf, verdictOf } from "../model/verdict.js";
import { onDemand, useDialog } from "../on_demand.js";
import { State } from "../parts.js";
import { may } from "../session.js";
import { focusedRow, useKeys } from "../shortcuts.js";
import { Row } from "./queues/row.js";

const Empty = onDemand(() => import("./queues/empty.js").then((file) => file.Empty));
const QueueDialog = onDemand(() => import("../dialogs/pause.js").then((file) => file.QueueDialog));

const COLUMNS = [
  ["state", "State"],
  ["queue", "Queue"],
  ["ready", "Ready", "num"],
  ["retrying", "Retrying", "num only-wide"],
  ["failed", "Failed", "num"],
  ["rate", "Events/s", "num only-wide"],
  ["wait", "Wait p99", "num only-wide"],
  ["oldest", "Oldest", "num"],
  ["consumers", "Consumers", "num only-wide"],
];

/** The screen. The query has `q` (a part of the name), `state`, `sort`, `open` and `all`. */
export function Screen({ query: asked }) {
  const { view, history } = useLive();
  const [dialog, open, close] = useDialog();
  const order = useRef({ key: null, names: null });
  const rows = foldShards(view?.queues ?? []);
  useKeys({
    pause: () => {
      const row = rows.find(({ queue }) => queue === focusedRow());
      if (row && may("changes") && !row.shards.length) {
        open(row.paused ? "resume" : "pause", { row });
      }
    },
  });
  if (!view) return null;
  document.title = `${verdictOf({ queues: rows, broker: view.broker }).text} · process-queue`;
  if (rows.length === 0) {
    return html`
      <${Head} view=${view} rows=${rows} />
      <${Empty} view=${view} />
    `;
  }
  const sort = asked.sort ?? "state";
  const meant = sortRows(filterRows(rows, { text: asked.q, state: asked.state }), sort);
  const { shown, folded } = asked.all || asked.q || asked.state
    ? { shown: meant, folded: [] }
    : foldQuiet(meant);
  const key = [sort, asked.q, asked.state, asked.all].join();
  const kept = ordered(order.current, key, shown, rows);
  const quiet = folded.filter((row) => !kept.rows.includes(row));
  return html`<${Head} view=${view} rows=${rows} />
    <${Tools} rows=${rows} asked=${asked} />
    <table class="queues">
      <caption class="unseen">Queues, ${
    view.broker.up ? "worst first" : `as of ${time(view.sampled_at, Date.parse(view.at))}`
  }</caption>
      <${Columns} sort=${sort} />
      ${
    kept.rows.map((row) =>
      html`
        <${Row} key=${row.queue} row=${row} view=${view} history=${history} open=${open}
          isOpen=${asked.open === row.queue} />
      `
    )
  }
      ${quiet.length > 0 && html`<${Folded} rows=${quiet} />`}
    </table>
    ${kept.rows.length === 0 && html`<p class="wait">No queue matches.</p>`}
    ${
    kept.waiting > 0 && html`
      <p
        class="wait"><button class="plain" type="button" onClick=${() => {
          order.current = { key: null, names: null };
          setQuery({});
        }}>Update order, ${plural(kept.waiting, "queue")} moved</button></p>
    `
  }
    ${dialog && html`<${QueueDialog} dialog=${dialog} close=${close} />`}`;
}

/** The rows in the order that the reader sees; rows that went keep their last numbers. */
function ordered(memory, key, meant, all) {
  if (memory.key !== key) Object.assign(memory, { key, names: null, last: new Map() });
  const { order, waiting } = keepOrder(memory.names, meant.map(({ queue }) => queue));
  memory.names = order;
  all.forEach((row) => memory.last.set(row.queue, row));
  return { rows: order.map((name) => memory.last.get(name)), waiting };
}

function Head({ view, rows }) {
  const { state, severity, text } = verdictOf({ queues: rows, broker: view.broker });
  const { queues, processes, broker, at } = view;
  const now = Date.parse(at);
  const sum = (key) =>
    queues.reduce((total, row) => row[key] === null ? total : (total ?? 0) + row[key], null);
  const hosts = new Set(processes.map(({ host }) => host).filter(Boolean)).size;
  return html`
    <div class="head">
      <h1>
        <${State} state=${state} severity=${severity}>${text}<//></h1>
        <p class="facts">
          ${queues.length > 0 &&
            html`<span><b>${rate(sum("rate"))}</b> events/s</span><span><b>${
              rate(sum("failure_rate"))
            }</b> failures/s</span>`}
          <span><b>${count(processes.length)}</b> ${processes.length === 1
            ? "process"
            : "processes"} on ${plural(Math.max(1, hosts), "host")}</span>
          <span>${brokerName(broker)}, ${broker.up ? "up" : "away for"} ${duration(
            (now - Date.parse(broker.since)) / 1000,
          )}</span>
        </p>
        ${!may("events") &&
          html`<p class="quiet"><a href="#sign-in" onClick=${signIn}>Sign in</a> to see errors and to repair.</p>`}
      </div>
  `;
}

async function signIn(event) {
  event.preventDefault();
  const { openSignIn } = await import("./sign_in.js");
  openSignIn();
}

function Tools({ rows, asked }) {
  return html`
    <div class="tools">
      <div class="counts" role="group" aria-label="Show queues by state">
        <${Filter} asked=${asked}>All<span class="n">${rows.length}</span><//>
          ${countStates(rows).map(({ state, status, count }) =>
            html`
              <${Filter} key=${state} asked=${asked}
                state=${state}><${State} state=${state} severity=${severityOf({
                  status,
                })} /><span class="n">${count}</span><//>
            `
          )}
        </div>
        <label class="push"><span class="unseen">Filter queues</span><input type="search" placeholder="Filter" value=${asked
          .q ?? ""} onInput=${({ target }) => setQuery({ q: target.value })} /></label>
      </div>
  `;
}

function Filter({ asked, state = "", children }) {
  return html`<button type="button" aria-pressed=${(asked.state ?? "") === state} onClick=${() =>
    setQuery({ state })}>${children}</button>`;
}

function Columns({ sort }) {
  return html`
    <thead>
      <tr>${COLUMNS.map(([name, title, kind]) =>
        html`
          <th scope="col" class=${kind}
            aria-sort=${sort === name
              ? "descending"
              : undefined}><button type="button" onClick=${() =>
              setQuery({ sort: name === "state" ? "" : name })}>${title}</button></th>
        `
      )}<th class="act"><span class="unseen">Actions</span></th></tr>
    </thead>
  `;
}

function Folded({ rows }) {
  const named = rows.slice(0, 3).map(({ queue }) => queue).join(", ");
  const others = rows.length - 3;
  return html`
    <tbody class="more">
      <tr>
        <td></td>
        <td
          colspan="9">${plural(
            rows.length,
            "more is",
            "more are",
          )} ok and idle: ${named}${others > 0 &&
            ` and ${
              plural(others, "other")
            }`}. <button class="plain small" type="button" onClick=${() =>
            setQuery({ all: "1" })}>Show</button></td>
      </tr>
    </tbody>
  `;
}
