/**
 * What should be fixed, and what monitoring sees.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useAnswer } from "../answer.js";
import { get } from "../api.js";
import { count, duration } from "../format.js";
import { ago } from "../format_details.js";
import { useLive } from "../live.js";
import { checksVerdict, fixParts, passedWords } from "../model/other_verdicts.js";
import { sentence } from "../model/sentences.js";
import { Problem, State } from "../parts.js";
import { Copy, Scrolling, Section } from "../sections.js";

const ORDER = ["error", "warning", "ok"];

/** The screen. */
export function Screen() {
  useLive();
  const { data: first, error, reload } = useAnswer(["checks"], {});
  const [state, setState] = useState({ data: null, error: null, isRunning: false });
  const data = state.data ?? first;
  const run = async () => {
    setState((old) => ({ ...old, isRunning: true, error: null }));
    await get(["checks"], { again: 1 }).then(
      (data) => setState({ data, error: null, isRunning: false }),
      (error) => setState((old) => ({ ...old, error, isRunning: false })),
    );
  };
  if (!data) {
    return error
      ? html`
        <${Problem} error=${error}>
          <p><button type="button" onClick=${reload}>Try again</button></p>
          <//>
      `
      : html`<p class="quiet">Checking…</p>`;
  }
  const verdict = checksVerdict(data.findings);
  document.title = `${verdict.text} · Checks · process-queue`;
  const findings = [...data.findings].sort((a, b) =>
    ORDER.indexOf(a.level) - ORDER.indexOf(b.level)
  );
  const toFix = findings.filter(({ level }) => level !== "ok");
  const passed = findings.filter(({ level }) => level === "ok");
  return html`
    <div class="head">
      <h1>
        <${State} state=${verdict.state} severity=${verdict.severity}>${verdict.text}<//></h1>
          <p class="facts"><span><b>${count(passed.length)}</b> passed</span><span>ran ${ago(
            data.at,
            Date.now(),
          )}, took ${duration(data.seconds)}</span></p>
          <div class="actions screen"><button type="button" class="first" disabled=${state
            .isRunning} onClick=${run}>${state.isRunning ? "Running…" : "Run again"}</button></div>
        </div>
        <div class="stacked">
          ${state.error && html`<${Problem} error=${state.error} />`}
          ${toFix.length > 0 && html`
            <${Section} title="To fix">
              <ul>${toFix.map((finding) => html`<${Finding} finding=${finding} />`)}</ul>
              <//>
          `}
          <${Section} title="What your monitoring sees" covers=${`process-queue check, exit ${data.check.status}`}><${Scrolling} name="Output of check" kind="wrap">${data
            .check.text}<//><//>
          ${passed.length > 0 && html`
            <${Section} title="Passed">
              <ul class="fine">${passed.map((finding) =>
                html`<li><span class="shape" data-state="ok"></span> ${passedWords(finding)}</li>`
              )}</ul>
              <//>
          `}
        </div>
  `;
}

function Finding({ finding: { level, message, fix, queue } }) {
  const subject = queue && !message.includes(queue) ? `${queue}: ` : "";
  return html`<li class="finding"><${State} state=${level} /><p>${sentence(subject + message)}</p>
    ${fix && html`<${Fix} fix=${fix} />`}</li>`;
}

function Fix({ fix }) {
  const { command, text } = fixParts(fix);
  if (command === null) return html`<p class="fix">${text}</p>`;
  return html`
    <p
      class="fix"><code>${command}</code>${text} <${Copy} text=${command} name="Copy the command" /></p>
  `;
}
