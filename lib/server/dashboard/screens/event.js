/**
 * One failed event: its error, its body, its headers, what became of it before.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { eventPath, failedPath, go, path, query, queuePath } from "../address.js";
import { useAnswer } from "../answer.js";
import { EditDialog } from "../dialogs/edit.js";
import { RepairDialog } from "../dialogs/repair.js";
import { plural, time } from "../format.js";
import { ago, size } from "../format_details.js";
import { useLive } from "../live.js";
import { indented, jsonProblem } from "../model/body.js";
import { publishCommand } from "../model/command.js";
import { useDialog } from "../on_demand.js";
import { Problem } from "../parts.js";
import { Copy, Pairs, Scrolling, Section, Trail } from "../sections.js";
import { may } from "../session.js";
import { useKeys } from "../shortcuts.js";
import { Tree } from "./event/tree.js";

/** The screen. */
export function Screen({ queue, handle }) {
  const [isRaw, setRaw] = useState(false);
  const segments = ["queues", queue, "failed", handle];
  const { data, error, reload } = useAnswer(segments, isRaw ? { raw: 1 } : {});
  const [dialog, open, close] = useDialog();
  const { view } = useLive();
  const repair = (action) => data && may("changes") && open(action);
  useKeys({ retry: () => repair("retry"), drop: () => repair("drop") });
  if (!data) {
    return html`<${Gone} queue=${queue} handle=${handle} error=${error} reload=${reload} />`;
  }
  document.title = `${data.name} · ${queue} · process-queue`;
  const now = Date.parse(view?.at ?? data.at);
  const leave = () => go(failedPath(queue) + query({ group: data.fingerprint }));
  return html`
    <${Head} event=${data} queue=${queue} now=${now} repair=${repair} />
        <div class="sections">
      <div>
        <${Stack} stack=${data.stack} />
        <${Body} event=${data} isRaw=${isRaw} setRaw=${setRaw} />
      </div>
      <div>
        <${History} event=${data} now=${now} />
        <${Headers} event=${data} />
      </div>
    </div>
        ${dialog?.name === "edit" &&
          html`<${EditDialog} queue=${queue} event=${data} onClose=${close} onDone=${leave} />`}
        ${dialog && dialog.name !== "edit" && html`
          <${RepairDialog} action=${dialog.name} queue=${queue} filter=${{
            ids: [handle],
          }} what=${`event ${handle}`}
            onStarted=${leave} onClose=${close} />
        `}
  `;
}

function stepsTo(queue, handle) {
  return [["Queues", path()], [queue, queuePath(queue)], ["Failed", failedPath(queue)], [
    html`<code>${handle}</code>`,
  ]];
}

function Gone({ queue, handle, error, reload }) {
  const isGone = error?.status === 404;
  return html`
    <div class="head">
      <${Trail} steps=${stepsTo(queue, handle)} />
      <h1>${error
        ? isGone ? "No longer there" : "The event cannot be read now"
        : "Reading the event…"}</h1>
    </div>
        ${error && html`
          <${Problem} error=${error}>
            <p>${!isGone &&
              html`
                <button type="button" onClick=${reload}>Try again</button>
              `}<a href=${failedPath(
                queue,
              )}>All failed events of ${queue}</a></p>
            <//>
        `}
  `;
}

function Head({ event, queue, now, repair }) {
  const { handle, name, message, failed_at, attempts, fingerprint, group_count, previous, next } =
    event;
  const link = (other, text) => other && html`<a href=${eventPath(queue, other)}>${text}</a>`;
  return html`
    <div class="head">
      <${Trail} steps=${stepsTo(queue, handle)} />
      <h1>${name}: ${message}</h1>
      <p
        class="facts"><span>failed at <b>${time(failed_at, now)}</b>, ${ago(
          failed_at,
          now,
        )}</span><span>after <b>${plural(attempts, "attempt")}</b></span>
          ${group_count !== null &&
            html`<span>one of <a href=${failedPath(queue) + query({ group: fingerprint })}>${
              plural(group_count, "event")
            } in its group</a></span>`}
          <span>${link(previous, "Newer")} ${link(next, "Older")}</span></p>
      <div class="actions screen">
          ${may("changes") && html`
            <button class="first" type="button" onClick=${() => repair("retry")}>Retry…</button>
            <button type="button" onClick=${() => repair("edit")}>Edit and retry…</button>
            <button class="drop" type="button" onClick=${() => repair("drop")}>Drop…</button>
          `}
          ${event.body !== undefined && !event.masked && html`
            <${Copy} plain=${false} label="Copy as command" text=${publishCommand(
              queue,
              event.body,
            )} />
          `}
        </div>
    </div>
  `;
}

/** The stack; lines of workers are in ink. */
function Stack({ stack }) {
  if (!stack) {
    return html`
      <${Section} title="Stack">
        <p class="quiet">None was kept.</p>
        <//>
    `;
  }
  const [first, ...lines] = stack.split("\n");
  return html`
    <${Section} title="Stack">
      <${Scrolling} name="Stack trace"
        kind="theirs"><span class="ours">${first}</span>${lines.map((line) =>
          /workers?\//.test(line) ? html`${"\n"}<b>${line}</b>` : `\n${line}`
        )}<//><//>
  `;
}

function Body({ event, isRaw, setRaw }) {
  const [kind, setKind] = useState("tree");
  const { body, body_base64, body_is_json, bytes, masked, shown } = event;
  const text = body ?? body_base64 ?? "";
  const covers = `${size(bytes)}${
    isRaw
      ? ", as it is"
      : shown === "shape"
      ? ", only types and lengths"
      : masked
      ? ", some values masked"
      : ""
  }`;
  const isJson = body_is_json && body !== undefined && jsonProblem(body) === null;
  const isTree = isJson && kind === "tree";
  const choice = (name, label) =>
    html`<label><input type="radio" name="as" checked=${kind === name} onChange=${() =>
      setKind(name)} /> ${label}</label>`;
  return html`<${Section} title="Body" covers=${covers}>
    <p class="selection">${
    isJson &&
    html`<span class="switch" role="radiogroup" aria-label="Show body as">${
      choice("tree", "Tree")
    }${choice("text", "Text")}</span>`
  }
      ${
    masked && !isRaw && may("changes") && html`<button class="plain" type="button" onClick=${() =>
      setRaw(true)}>Show raw (this is logged)</button>`
  }</p>
    ${
    isTree
      ? html`<${Tree} text=${text} />`
      : html`<${Scrolling} name="Body as text" kind="wrap">${isJson ? indented(text) : text}<//>`
  }
  <//>`;
}

function History({ event, now }) {
  const { history, failed_at, retried } = event;
  const all = history?.length > 0 ? history : [{ at: failed_at, what: "failed" }];
  return html`
    <${Section} title="History" covers=${retried > 0
      ? `retried ${plural(retried, "time")}`
      : "never retried"}>
      <${Pairs} pairs=${all.map(({ at, what }) => [time(at, now), what])} />
      <//>
  `;
}

/** Headers that the page shows above. */
const SHOWN = ["messageId", "x-pq-error-name", "x-pq-error-message", "x-pq-error-stack"];

function Headers({ event }) {
  const all = {
    ...(event.id ? { "message id": event.id } : {}),
    ...event.properties,
    ...event.headers,
  };
  const pairs = Object.entries(all)
    .filter(([name, value]) => value !== null && value !== "" && !SHOWN.includes(name))
    .map((
      [name, value],
    ) => [name, html`<code>${typeof value === "string" ? value : JSON.stringify(value)}</code>`]);
  return html`
    <${Section} title="Headers">
      <${Pairs} small pairs=${pairs} />
      <//>
  `;
}
