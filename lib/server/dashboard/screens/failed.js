/**
 * The failed events of a queue: groups, and the events of one of them.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { failedPath, go, path, query, queuePath, setQuery } from "../address.js";
import { useAnswer } from "../answer.js";
import { get } from "../api.js";
import { RepairDialog } from "../dialogs/repair.js";
import { count, plural, time } from "../format.js";
import { setHold, useLive } from "../live.js";
import {
  coverOf,
  headingOf,
  isWhole,
  listQuery,
  matchedWords,
  repairFilter,
  TIMES,
} from "../model/groups.js";
import { countSelected, NOTHING, toggle, toggleShown } from "../model/selection.js";
import { useDialog } from "../on_demand.js";
import { Problem } from "../parts.js";
import { Trail } from "../sections.js";
import { may } from "../session.js";
import { focusedRow, useKeys } from "../shortcuts.js";
import { Events } from "./failed/events.js";
import { Groups } from "./failed/groups.js";
import { TaskLine } from "./failed/task_line.js";

const LIMIT = 50;

/** The screen. The query has `group`, `reason`, `text` and `when`. */
export function Screen({ queue, query: asked }) {
  const segments = ["queues", queue, "failed"];
  const values = { ...listQuery(asked), limit: LIMIT };
  const { data, error, reload } = useAnswer(segments, values);
  const { pages, loadOlder } = usePages(segments, values, data);
  const scanAgain = () => get(segments, { limit: 1, rescan: 1 }).then(reload, reload);
  // A repair ends the scan before it, and a scan is the new one.
  useOwnTask(queue, reload);
  useEffect(() => {
    if (!data || data.groups.some(({ fingerprint }) => fingerprint === asked.group)) return;
    setQuery({ group: data.groups[0]?.fingerprint ?? "" });
  }, [data]);
  const last = useRef(null);
  if (data) last.current = { queue, data };
  const page = data ?? (last.current?.queue === queue && !error ? last.current.data : null);
  if (!page) return html`<${Opening} queue=${queue} error=${error} reload=${reload} />`;
  document.title = `${count(page.of)} failed · ${queue} · process-queue`;
  if (page.of === 0) {
    return html`
      <${Head} queue=${queue} page=${page} />
      <${NothingFailed} queue=${queue} />
    `;
  }
  return html`
    <${Head} queue=${queue} page=${page} />
    <${Tools} asked=${asked} page=${page} scanAgain=${scanAgain} />
    <div class="failed">
      <${Groups} queue=${queue} page=${page} asked=${asked} scanAgain=${scanAgain} />
      <${Chosen} queue=${queue} page=${page} asked=${asked} isFresh=${data !== null}
        events=${data ? [...data.events, ...pages.events] : []}
        next=${pages.next === undefined ? page.next : pages.next} loadOlder=${loadOlder}
        problem=${pages.problem} />
    </div>
  `;
}

/** The pages after the first. */
function usePages(segments, values, data) {
  const [pages, setPages] = useState({ of: null, events: [], next: undefined });
  const mine = pages.of === data ? pages : { of: data, events: [], next: undefined };
  const loadOlder = () =>
    get(segments, { ...values, after: mine.next ?? data.next }).then(
      ({ events, next }) => setPages({ of: data, events: [...mine.events, ...events], next }),
      ({ message }) => setPages({ ...mine, problem: message }),
    );
  return { pages: mine, loadOlder };
}

/** Reads the list again when a retry, a drop or a scan of this queue has ended. */
function useOwnTask(queue, onEnd) {
  const { tasks, view } = useLive();
  const isKnown = view !== null;
  const ended =
    [...tasks.values()].filter((task) =>
      task.queue === queue && !task.dry_run && task.state !== "running"
    ).length;
  const before = useRef(null);
  useEffect(() => {
    if (!isKnown) return;
    if (before.current !== null && ended > before.current) onEnd();
    before.current = ended;
  }, [ended, isKnown]);
}

function Opening({ queue, error, reload }) {
  return html`
    <div class="head">
      <${Trail} steps=${steps(queue)} />
      <h1>${error ? "The failed events cannot be read now" : "Reading failed events…"}</h1>
    </div>
        ${error && html`
          <${Problem} error=${error}>
            <p><button type="button" onClick=${reload}>Try again</button></p>
            <//>
        `}
        <${TaskLine} queue=${queue} />
  `;
}

function steps(queue) {
  return [["Queues", path()], [queue, queuePath(queue)], ["Failed"]];
}

function Head({ queue, page }) {
  const { scanned, of, scanned_at, oldest_at, at, kept } = page;
  const now = Date.parse(at);
  return html`<div class="head">
    <${Trail} steps=${steps(queue)} />
    <h1>${headingOf(page)}</h1>
    ${
    of > 0 &&
    html`<p class="facts"><span><b>${count(scanned)}</b> of ${count(of)} scanned at ${
      time(scanned_at, now)
    }</span>
      ${oldest_at && html`<span>oldest ${time(oldest_at, now)}</span>`}
      ${kept < scanned && html`<span>the newest ${count(kept)} are listed</span>`}</p>`
  }
    <${TaskLine} queue=${queue} page=${page} />
  </div>`;
}

function NothingFailed({ queue }) {
  const others = (useLive().view?.queues ?? []).filter((row) =>
    row.failed > 0 && row.queue !== queue
  )
    .sort((a, b) => b.failed - a.failed);
  const named = others.slice(0, 3);
  return html`<div class="empty">
    <p>Events land here when their last attempt fails. They stay until someone retries or drops them.</p>
    ${
    named.length > 0 && html`<p>Other queues have failed events: ${
      named.map((row, index) =>
        html`${index > 0 && ", "}<a href=${failedPath(row.queue)}>${row.queue} ${
          count(row.failed)
        }</a>`
      )
    }${others.length > named.length && ` and ${others.length - named.length} more`}.</p>`
  }
  </div>`;
}

function Tools({ asked, page, scanAgain }) {
  const change = (name) => ({ target }) => setQuery({ [name]: target.value });
  return html`
    <div class="tools">
      <label><span class="unseen">Filter failed events</span><input type="search" placeholder="Error or body text" value=${asked
        .text ?? ""} onChange=${change("text")} /></label>
      <label><span class="unseen">Reason</span><select value=${asked.reason ??
        ""} onChange=${change("reason")}>
          <option value="">Any reason</option>${Object.keys(page.reasons).map((reason) =>
            html`<option value=${reason}>${reason}</option>`
          )}</select></label>
      <label><span class="unseen">Failed</span><select value=${asked.when ?? ""} onChange=${change(
        "when",
      )}>
          ${Object.entries(TIMES).map(([name, { text }]) =>
            html`<option value=${name}>${text}</option>`
          )}</select></label>
      <button class="plain" type="button" onClick=${scanAgain}>Scan again</button>
    </div>
  `;
}

function Chosen({ queue, page, asked, isFresh, events, next, loadOlder, problem }) {
  const [selection, setSelection] = useState(NOTHING);
  const [dialog, open, close] = useDialog();
  const shown = events.map(({ handle }) => handle);
  const matched = isFresh ? page.matched : 0;
  const number = countSelected(selection, matched);
  const group = page.groups.find(({ fingerprint }) => fingerprint === asked.group);
  useEffect(() => setSelection(NOTHING), [
    queue,
    asked.group,
    asked.reason,
    asked.text,
    asked.when,
    page.scanned_at,
  ]);
  useEffect(() => {
    setHold({ isSelecting: number > 0 });
    return () => setHold({ isSelecting: false });
  }, [number > 0]);
  const what = number > 0 && !selection.all
    ? plural(number, "selected event")
    : group
    ? `${group.name}: ${group.message}`
    : "the filter";
  const repair = (action) => {
    if (!may("changes") || events.length === 0) return;
    const handles = number > 0 && !selection.all ? [...selection.handles] : null;
    open(action, { filter: repairFilter(asked, handles), what });
  };
  useKeys({
    select: () => focusedRow() && setSelection(toggle(selection, shown, focusedRow())),
    "select all": () => setSelection(toggleShown(selection, shown)),
    retry: () => repair("retry"),
    drop: () => repair("drop"),
    back: () => number > 0 ? setSelection(NOTHING) : go(queuePath(queue)),
  });
  const meant = number > 0 ? number : matched;
  // What was not scanned, or is not listed, is meant too where no single events are.
  const isNumber = isWhole(page) || (number > 0 && !selection.all);
  return html`<section aria-labelledby="s-chosen">
    <div class="chosen">
      <div><h2 id="s-chosen">${group ? group.name : "All groups"} <span class="quiet">${
    group && !asked.text && !asked.reason && !asked.when
      ? coverOf(group, page)
      : isFresh
      ? matchedWords(page)
      : ""
  }</span></h2>
        ${group && html`<p class="said">${group.message}</p>`}</div>
      <div class="actions screen">
        ${
    may("changes") && html`
      <button class="first" type="button" disabled=${meant === 0} onClick=${() =>
        repair("retry")}>${isNumber ? `Retry ${count(meant)}…` : "Retry all that match…"}</button>
      <button class="drop" type="button" disabled=${meant === 0} onClick=${() =>
        repair("drop")}>${isNumber ? `Drop ${count(meant)}…` : "Drop all that match…"}</button>
    `
  }
        <a class="button wide" download href=${
    path("v1", "queues", queue, "failed", "download") + query(listQuery(asked))
  }>Download</a>
      </div>
    </div>
    <${SelectionLine} page=${page} number=${number} isNumber=${isNumber} all=${selection.all} matched=${matched} set=${setSelection} repair=${repair} />
    <${Events} queue=${queue} events=${events} now=${Date.parse(page.at)} selection=${selection}
      onToggle=${(handle, isRange) => setSelection(toggle(selection, shown, handle, isRange))} />
    <p class="wait">${
    isFresh ? `${count(events.length)} of ${count(matched)} shown. ` : "Reading…"
  }${
    isFresh && next &&
    html`<button class="plain" type="button" onClick=${loadOlder}>Load older</button>`
  } ${problem && html`<span class="problem" role="alert">${problem}</span>`}</p>
    ${
    dialog && html`
      <${RepairDialog} action=${dialog.name} queue=${queue} filter=${dialog.filter} what=${dialog
        .what}
        onStarted=${() => setSelection(NOTHING)} onClose=${close} />
    `
  }
  </section>`;
}

function SelectionLine({ page, number, isNumber, all, matched, set, repair }) {
  if (number === 0) return html`<p class="selection quiet">None selected</p>`;
  return html`<p class="selection"><span>${
    isNumber ? html`<b>${count(number)}</b> selected` : "All that match are selected"
  }</span>
    ${
    may("changes") && html`<button class="plain" type="button" onClick=${() =>
      repair("retry")}>${isNumber ? `Retry ${count(number)}…` : "Retry…"}</button>`
  }
    ${
    !all && number < matched && html`<button class="plain" type="button" onClick=${() =>
      set({ ...NOTHING, all: true })}>${
      isWhole(page) ? `Select all ${count(matched)} that match` : "Select all that match"
    }</button>`
  }
    <button class="plain" type="button" onClick=${() => set(NOTHING)}>Clear</button></p>`;
}
