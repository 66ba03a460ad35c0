/**
 * The small parts that all screens are made of.
 *
 * @module
 */

import { Component, html } from "htm/preact";
import { count } from "./format.js";
import { framed, linesOf, peakOf, thin, wordsOf } from "./model/history.js";

/** A state: its shape and its word. */
export function State({ state, severity, children }) {
  return html`<span class="state" data-state=${state} data-severity=${severity}>${
    children ?? state
  }</span>`;
}

/** A name that may break after `_`. */
export function Breakable({ text }) {
  return text.split(/(?<=_)/).map((part, index) => index === 0 ? part : html`<wbr />${part}`);
}

/** A count; zero is quiet. */
export function Count({ value }) {
  return value === 0 ? html`<span class="zero">0</span>` : count(value);
}

const SPARK = { width: 72, height: 18 };

/**
 * A sparkline of 30 minutes on a scale of its own from 0, which ends in a dot. It is drawn again only
 * for other points.
 */
export class Spark extends Component {
  shouldComponentUpdate({ points }) {
    return points !== this.props.points;
  }

  render({ points, show, unit, label, isFramed = true }) {
    const thinned = thin(isFramed ? framed(points) : points, 24);
    if (peakOf(thinned) === null) return html`<span></span>`;
    const lines = linesOf(thinned, SPARK);
    const [x, y] = lines.at(-1).split(" ").at(-1).split(",");
    return html`<svg class="spark" viewBox="0 0 72 18" role="img" aria-label=${
      label ?? wordsOf(points, show, unit)
    }>
      ${lines.map((line) => html`<polyline points=${line} />`)}<circle cx=${x} cy=${y} r="1.8" />
    </svg>`;
  }
}

/** What to say where something cannot be shown. */
export function Problem({ error, children }) {
  return html`<div class="empty" role="alert"><p class="problem">${error.message}</p>${children}</div>`;
}

/** A sentence of a row, with its commands in mono. */
export function Sentence({ parts }) {
  return parts.map((part) =>
    part.code
      ? html`<code>${part.code}</code>`
      : part.href
      ? html`<a href=${part.href}>${part.text}</a>`
      : part.text
  );
}
