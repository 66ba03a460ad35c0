/**
 * A JSON value as a tree that opens and closes.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { treeOf, valueOf } from "../../model/body.js";
import { Scrolling } from "../../sections.js";

/** The tree of a JSON text; the first level is open. */
export function Tree({ text }) {
  const [toggled, setToggled] = useState(new Set());
  const flip = (path) => {
    const next = new Set(toggled);
    next.delete(path) || next.add(path);
    setToggled(next);
  };
  const isOpen = (path, depth) => (depth === 0) !== toggled.has(path);
  const lines = treeOf(valueOf(text), isOpen);
  return html`<${Scrolling} name="Body as a tree" kind="body">${
    lines.map((line) =>
      html`<${Line} key=${line.path} line=${line} isOpen=${
        isOpen(line.path, line.depth)
      } flip=${flip} />`
    )
  }<//>`;
}

function Line({ line: { path, depth, name, pad, text, size }, isOpen, flip }) {
  const indent = "  ".repeat(depth);
  const gap = " ".repeat(pad + 2);
  if (size === null) {
    return html`<span>${indent}${
      name && [html`<span class="key">${name}</span>`, gap]
    }${text}${"\n"}</span>`;
  }
  return html`<span>${indent}<button class="plain" type="button" aria-expanded=${
    String(isOpen)
  } onClick=${() =>
    flip(path)}>${name}</button>${gap}<span class="quiet">${size}</span>${"\n"}</span>`;
}
