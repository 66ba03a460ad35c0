/**
 * The parts of the screens that show one thing: charts, sections, lists of terms.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { framed, lastOf, linesOf, peakOf, wordsOf } from "./model/history.js";

/** A chart of 30 minutes; `second` is a quieter line on the same scale. */
export function Chart({ name, quiet, points, second = [], show, unit = "" }) {
  const peak = peakOf([...points, ...second]);
  const box = { width: 240, height: 64, peak: peak ?? 0 };
  return html`
    <figure>
      <figcaption><span>${name} ${quiet &&
        html`<span class="quiet">${quiet}</span>`}</span><b>${show(lastOf(points))}</b></figcaption>
      <svg viewBox="0 0 240 64" preserveAspectRatio="none" role="img" aria-label=${`${name}: ${
        wordsOf(points, show, unit)
      }`}>
          ${linesOf(framed(second), box).map((line) =>
            html`<polyline class="second" points=${line} />`
          )}
          ${linesOf(framed(points), box).map((line) => html`<polyline points=${line} />`)}
        </svg>
      <p class="ends"><span>30 min</span><span>${peak === null
        ? "not known yet"
        : `peak ${show(peak)}`}</span></p>
    </figure>
  `;
}

/** Where a screen is: links, the last one is text. */
export function Trail({ steps }) {
  return html`<ul class="trail">${
    steps.map(([text, href]) => html`<li>${href ? html`<a href=${href}>${text}</a>` : text}</li>`)
  }</ul>`;
}

/** A heading of a part of a screen, with what its numbers cover. */
export function Section({ title, covers, children }) {
  const id = `s-${title.toLowerCase().replace(/\W+/g, "-")}`;
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${title} ${covers && html`<span class="quiet">${covers}</span>`}</h2>${children}
  </section>`;
}

/** A list of terms and values. */
export function Pairs({ pairs, small = false }) {
  return html`<dl class=${small ? "pairs small" : "pairs"}>${
    pairs.map(([term, value]) =>
      html`
        <dt>${term}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>`;
}

/** A button that copies a text, and says so. */
export function Copy({ text, label = "Copy", plain = true, name }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setSaid(isCopied ? "Copied" : "Not allowed here");
  };
  return html`
    <button type="button" class=${plain ? "plain" : "wide"} aria-label=${said ? undefined : name}
      onClick=${copy}>${said || label}</button>
  `;
}

/** Text that scrolls sideways by itself. */
export function Scrolling({ name, kind = "", children }) {
  return html`<pre class=${kind} tabindex="0" role="region" aria-label=${name}>${children}</pre>`;
}
