/**
 * One queue: what is the matter, who runs it, and what it is set to.
 *
 * @module
 */

import { html } from "htm/preact";
import { failedPath, path } from "../address.js";
import { useAnswer } from "../answer.js";
import { QueueDialog } from "../dialogs/pause.js";
import { PeekDialog } from "../dialogs/peek.js";
import { count, duration, plural, rate } from "../format.js";
import { ago, megabytes } from "../format_details.js";
import { useLive } from "../live.js";
import { adviceOf } from "../model/sentences.js";
import { severityOf } from "../model/verdict.js";
import { useDialog } from "../on_demand.js";
import { Breakable, Count, Problem, Sentence, State } from "../parts.js";
import { Chart, Copy, Pairs, Scrolling, Section, Trail } from "../sections.js";
import { may } from "../session.js";
import { useKeys } from "../shortcuts.js";

/** So long an event may run before its age is in ink, in seconds. */
const LONG_SECONDS = 30;

/** The screen. */
export function Screen({ queue }) {
  const { view } = useLive();
  const { data, error } = useAnswer(["queues", queue], {}, { isLive: true });
  const [dialog, open, close] = useDialog();
  const isPaused = Boolean(data?.paused);
  useKeys({
    pause: () => data && may("changes") && open(isPaused ? "resume" : "pause", { row: data }),
  });
  if (!data) return error && html`<${Missing} queue=${queue} error=${error} />`;
  document.title = `${queue} is ${data.state} · process-queue`;
  const now = Date.parse(data.at ?? view?.at);
  return html`
    <${Head} row=${data} now=${now} open=${open} />
        <${Charts} history=${data.history} />
        <div class="sections">
      <div>
        <${RunningEvents} data=${data} />
        <${Consumers} data=${data} />
        <${LastError} error=${data.last_error} now=${now} />
      </div>
      <div>
            <${Steps} data=${data} />
            ${data.settings?.length > 0 && html`
              <${Section} title="Settings">
                <${Pairs} pairs=${data.settings.map((
                  { name, value, source },
                ) => [name, html`${value} <span class="quiet">${source}</span>`])} />
                <//>
            `}
            <${Totals} totals=${data.totals} />
          </div>
    </div>
        <${QueueDialog} dialog=${dialog} close=${close} />
        ${dialog?.name === "peek" && html`<${PeekDialog} queue=${queue} onClose=${close} />`}
  `;
}

function Missing({ queue, error }) {
  return html`
    <div class="head">
      <${Trail} steps=${[["Queues", path()], [queue]]} />
      <h1>
        <${Breakable} text=${queue} />
      </h1>
    </div>
    <${Problem} error=${error} />
  `;
}

function Head({ row, now, open }) {
  const { queue, state } = row;
  const isPaused = Boolean(row.paused);
  const advice = adviceOf(row, { now, failedHref: failedPath(queue), canAct: may("changes") });
  return html`
    <div class="head">
      <${Trail} steps=${[["Queues", path()], [queue]]} />
      <h1><${Breakable} text=${queue} /> is <${State} state=${state} severity=${severityOf(
        row,
      )} /></h1>
      <p class="advice-text">${advice.length > 0
        ? html`<${Sentence} parts=${advice} />`
        : row.processes.length === 0
        ? "No process of this host has the queue; the numbers are the broker’s."
        : row.ready === 0
        ? "Nothing waits."
        : ""}</p>
      <div class="actions screen">
          ${may("changes") && html`
            <button type="button" onClick=${() =>
              open(isPaused ? "resume" : "pause", { row })}>${isPaused
              ? "Resume…"
              : "Pause…"}</button>
            <button type="button" onClick=${() => open("restart", { row })}>Restart…</button>
          `}
          ${may("events") && html`
            <button type="button" onClick=${() => open("peek")}>Peek…</button>
            <a class="button" href=${failedPath(
              queue,
            )}>Failed <span class="quiet">${row.failed === null
              ? "?"
              : count(row.failed)}</span></a>
            <${Copy} plain=${false} label="Copy as command" text=${`process-queue queues ${queue}`} />
          `}
        </div>
    </div>
  `;
}

function Charts({ history }) {
  const points = (name) => history?.[name] ?? [];
  return html`
    <div class="charts">
      <${Chart} name="Ready" points=${points("ready")} show=${count} />
      <${Chart} name="Events/s" points=${points("rate")} show=${rate} unit="a second" />
      <${Chart} name="Wait p99" quiet="and p50" points=${points("wait_p99")} second=${points(
        "wait_p50",
      )}
        show=${duration} />
      <${Chart} name="Run p99" quiet="and p50" points=${points("run_p99")} second=${points(
        "run_p50",
      )}
        show=${duration} />
    </div>
  `;
}

function RunningEvents({ data }) {
  const { running, unacked } = data;
  const covers = running.length > 0
    ? `the ${running.length} oldest${unacked ? ` of ${count(unacked)} taken` : ""}`
    : "";
  if (running.length === 0) {
    return html`
      <${Section} title="Running">
        <p class="quiet">${may("events") || unacked === 0
          ? "No event runs now."
          : "Sign in to see events."}</p>
        <//>
    `;
  }
  return html`
    <${Section} title="Running" covers=${covers}>
      <table class="lines">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col" class="only-wide">Process</th>
            <th scope="col" class="num">Attempt</th>
            <th scope="col" class="num">Age</th>
          </tr>
        </thead>
        <tbody>${running.map(({ id, host, pid, attempt, age_seconds, suspect }) =>
          html`
            <tr key=${id}>
              <td><code>${id.slice(0, 12)}</code>${suspect &&
                html`${" "}<span class="quiet">suspect</span>`}</td>
              <td class="only-wide">${host}:${pid}</td>
              <td class="num">${attempt}</td>
              <td class="num">${age_seconds > LONG_SECONDS
                ? html`<span class="why" data-severity="warning">${duration(age_seconds)}</span>`
                : duration(age_seconds)}</td>
            </tr>
          `
        )}</tbody>
      </table>
      <//>
  `;
}

function Consumers({ data }) {
  const list = data.consumers_list;
  if (list.length === 0) {
    return html`
      <${Section} title="Consumers" covers=${`${count(data.consumers)} known to the broker`}>
        <p class="quiet">No process of this host has this queue.</p>
        <//>
    `;
  }
  return html`
    <${Section} title="Consumers" covers=${`${count(data.consumers)} known to the broker`}>
      <table class="lines cards">
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col">Version</th>
            <th scope="col">State</th>
            <th scope="col" class="num">Prefetch</th>
            <th scope="col" class="num">In flight</th>
            <th scope="col" class="num">Restarts</th>
            <th scope="col" class="num">Heap</th>
          </tr>
        </thead>
        <tbody>${list.map((one) =>
          html`
            <tr key=${one.process}>
              <td data-label="Process"><a href=${path("processes")}>${one.host}:${one.pid}</a></td>
              <td data-label="Version">${one.version}</td>
              <td data-label="State">${one.state}</td>
              <td data-label="Prefetch" class="num">${count(one.prefetch)}</td>
              <td data-label="In flight" class="num">
                <${Count} value=${one.in_flight} />
              </td>
              <td data-label="Restarts" class="num">
                <${Count} value=${one.restarts} />
              </td>
              <td data-label="Heap" class="num">${megabytes(
                one.heap_bytes,
                one.heap_limit_bytes,
              )}</td>
            </tr>
          `
        )}</tbody>
      </table>
      <//>
  `;
}

function LastError({ error, now }) {
  if (!error) return null;
  const text = `${error.name}: ${error.message}`;
  return html`
    <${Section} title="Last error" covers=${ago(error.at, now) +
      (error.in_a_row > 0 ? `, ${count(error.in_a_row)} in a row` : "")}>
      <${Scrolling} name="Last error" kind="wrap">${text}<//><//>
  `;
}

function Steps({ data }) {
  const { retry_steps, retrying } = data;
  if (!retry_steps) {
    return html`
      <${Section} title="Retrying">
        <p class="quiet">${retrying === 0
          ? "No event waits for its next attempt."
          : `${plural(retrying, "event waits", "events wait")} for the next attempt.`}</p>
        <//>
    `;
  }
  return html`
    <${Section} title="Retrying" covers=${`${count(retrying)} in ${
      plural(retry_steps.length, "step")
    }`}>
      <table class="lines">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="num">Events</th>
          </tr>
        </thead>
        <tbody>${retry_steps.map(({ seconds, count: events }) =>
          html`
            <tr key=${seconds}>
              <td>${duration(seconds)}</td>
              <td class="num">
                <${Count} value=${events} />
              </td>
            </tr>
          `
        )}</tbody>
      </table>
      <//>
  `;
}

function Totals({ totals }) {
  if (!totals) return null;
  const names = ["processed", "retried", "failed", "discarded", "released"];
  return html`
    <${Section} title="Since start">
      <${Pairs} pairs=${names.map((
        name,
      ) => [name[0].toUpperCase() + name.slice(1), count(totals[name])])} />
      <//>
  `;
}
