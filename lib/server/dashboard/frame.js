/**
 * What surrounds every screen: the head with the navigation, and the foot.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { failedPath, path } from "./address.js";
import { count, plural, time } from "./format.js";
import { setHold } from "./live.js";
import { holdReason } from "./model/connection.js";
import { worstOf } from "./model/verdict.js";
import { may } from "./session.js";
import { onTheme, setTheme, theme, THEMES } from "./theme.js";

/** The bar with the five screens and the clock. */
export function Top({ address, live }) {
  const { view } = live;
  const isFailed = ["failed", "event"].includes(address.screen);
  const isQueues = ["queues", "queue"].includes(address.screen);
  const queue = address.queue ?? failedTarget(view);
  const failed = view?.queues.reduce((sum, row) => sum + (row.failed ?? 0), 0);
  return html`
    <header class="bar">
      <div class="top">
        <span class="brand">process-queue</span>
        <nav aria-label="Screens">
          <a href=${path()} aria-current=${isQueues
            ? "page"
            : undefined}>Queues <${Worst} view=${view} /></a>
          ${may("events") && queue &&
            html`<a href=${failedPath(queue)} aria-current=${
              isFailed ? "page" : undefined
            }>Failed ${failed ? html`<span class="n quiet">${count(failed)}</span>` : null}</a>`}
          <${Link} name="processes" address=${address}>Processes<//>
          ${may("events") && html`<${Link} name="checks" address=${address}>Checks<//>`}
        </nav>
        <${Clock} live=${live} />
      </div></header>
  `;
}

function Link({ name, address, children }) {
  const current = address.screen === name ? "page" : undefined;
  return html`<a href=${path(name)} aria-current=${current}>${children}</a>`;
}

const WORDS = ["ok", "with a warning", "critical", "unknown"];

/** The worst state of all queues, on every screen. */
function Worst({ view }) {
  const worst = view && worstOf(view.queues);
  if (!worst || worst.status === 0) return null;
  const same = view.queues.filter(({ status }) => status === worst.status).length;
  return html`
    <span class="shape" data-state=${worst.state} data-severity=${worst.status === 1
      ? "warning"
      : undefined}></span><span
      class="unseen">, ${plural(same, "queue")} ${WORDS[worst.status]}</span>
  `;
}

/** Whether the page is live, as of when, and the switch. */
function Clock({ live }) {
  const { view, isHeld, lostAt } = live;
  if (!view) {
    return html`<div class="live"><span>${
      lostAt === null ? "Connecting" : "Not connected"
    }</span></div>`;
  }
  const reason = lostAt === null ? holdReason(live) : "Not connected";
  const clock = time(view.at, Date.parse(view.at));
  return html`
    <div class="live">
      <span>${reason ?? "Live"}, <time datetime=${view.at}>${clock}</time> UTC</span>
      <button class="plain" type="button" onClick=${() => setHold({ isHeld: !isHeld })}>${isHeld
        ? "Resume"
        : "Hold"}</button>
    </div>
  `;
}

const FOOT_KEYS = {
  queues: [["/", "filter"], ["j", "k", "rows"], ["Enter", "open"], ["p", "pause"]],
  queue: [["p", "pause"], ["g", "f", "failed"], ["Esc", "back"]],
  failed: [["x", "select"], ["a", "all shown"], ["r", "retry"], ["d", "drop"], ["Enter", "open"]],
  event: [["r", "retry"], ["d", "drop"], ["Esc", "back"]],
  processes: [["j", "k", "rows"], ["g", "q", "queues"], [".", "hold"]],
  checks: [["g", "q", "queues"], ["t", "theme"]],
};

/** The keys of this screen, and the theme. */
export function Foot({ address, onHelp }) {
  const [current, setCurrent] = useState(theme());
  useEffect(() => onTheme(() => setCurrent(theme())), []);
  return html`
    <footer>
      <div class="foot">
        <p
          class="keyboard">${(FOOT_KEYS[address.screen] ?? []).map((keys) =>
            html`<span>${
              keys.slice(0, -1).map((key) =>
                html`
                  <kbd>${key}</kbd>
                `
              )
            }${keys.at(-1)}</span>`
          )}<button class="plain small" type="button" onClick=${onHelp}>All keys</button></p>
        <fieldset><legend>Theme</legend>${THEMES.map((name) =>
          html`<label><input type="radio" name="theme" checked=${name === current} onChange=${() =>
            setTheme(name)} /> ${name[0].toUpperCase()}${name.slice(1)}</label>`
        )}</fieldset>
      </div>
    </footer>
  `;
}

/** The queue whose failed events the navigation opens: the one with the most. */
export function failedTarget(view) {
  const most = view?.queues.reduce(
    (best, row) => (row.failed ?? 0) > (best.failed ?? 0) ? row : best,
    view.queues[0],
  );
  return most?.queue;
}
