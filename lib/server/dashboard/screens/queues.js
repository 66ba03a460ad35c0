/**
 * All queues, worst first.
 *
 * @module
 */

import { Component, html } from "htm/preact";
import { useRef } from "preact/hooks";
import { failedPath, path, query, queuePath, setQuery } from "../address.js";
import { count, duration, oldest, plural, rate, time } from "../format.js";
import { useLive } from "../live.js";
import {
  countStates,
  filterRows,
  foldQuiet,
  foldShards,
  keepOrder,
  sortRows,
  whyOf,
} from "../model/rows.js";
import { adviceOf } from "../model/sentences.js";
import { severityOf, verdictOf } from "../model/verdict.js";
import { onDemand, useDialog } from "../on_demand.js";
import { Breakable, Count, Sentence, Spark, State } from "../parts.js";
import { may } from "../session.js";
import { focusedRow, useKeys } from "../shortcuts.js";

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
      if (row && may("changes")) open(row.state === "paused" ? "resume" : "pause", { row });
    },
  });
  if (!view) return null;
  document.title = `${verdictOf(view).text} · process-queue`;
  if (rows.length === 0) {
    return html`
      <${Head} view=${view} />
      <${Empty} view=${view} />
    `;
  }
  const sort = asked.sort ?? "state";
  const meant = sortRows(filterRows(rows, { text: asked.q, state: asked.state }), sort);
  const { shown, folded } = asked.all || asked.q || asked.state
    ? { shown: meant, folded: [] }
    : foldQuiet(meant);
  const kept = ordered(order.current, `${sort} ${asked.q} ${asked.state} ${asked.all}`, shown);
  return html`<${Head} view=${view} />
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
      ${folded.length > 0 && html`<${Folded} rows=${folded} />`}
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
function ordered(memory, key, rows) {
  if (memory.key !== key) Object.assign(memory, { key, names: null, last: new Map() });
  const { order, waiting } = keepOrder(memory.names, rows.map(({ queue }) => queue));
  memory.names = order;
  rows.forEach((row) => memory.last.set(row.queue, row));
  return { rows: order.map((name) => memory.last.get(name)), waiting };
}

function Head({ view }) {
  const { state, severity, text } = verdictOf(view);
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
          <span>${broker.kind === "rabbitmq" ? "RabbitMQ" : "Embedded broker"} ${broker
            .version}, ${broker.up ? "up" : "away for"} ${duration(
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

function Empty({ view }) {
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

/** A row is drawn again only when something in it changed. */
class Row extends Component {
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
  return JSON.stringify([row, broker.up, minute, history.get(row.queue)?.ends_at]);
}

function Cells({ row, history, open, severity, isShard = false }) {
  const why = whyOf(row);
  const own = history.get(row.queue);
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
    own?.rate ?? []
  } show=${rate} unit="a second" /><span>${rate(row.rate)}</span></span></td>
    <td class="num only-wide"><span class="pair"><${Spark} points=${
    own?.wait_p99 ?? []
  } show=${duration} unit="" /><span>${duration(row.wait_p99)}</span></span></td>
    ${cell("oldest", "Oldest", oldest(age))}
    ${cell("consumers", "Consumers", html`<${Count} value=${row.consumers} />`, "only-wide")}
    <td class="act">${
    may("changes") && !row.shards?.length && html`<${Pause} row=${row} open=${open} />`
  }</td>
  </tr>`;
}

function Name({ row, isShard }) {
  const shards = row.shards?.length ?? 0;
  const href = shards > 0 ? path() + query({ open: row.queue }) : queuePath(row.queue);
  return html`
    ${isShard && html`<span class="quiet">↳ </span>`}<a class="name" href=${href}
      data-row=${row.queue}><${Breakable} text=${row.queue} /></a>${shards > 0 && html`
        <span class="quiet">${plural(shards, "shard")}</span>
      `}
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
