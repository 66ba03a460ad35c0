/**
 * Parts of the page that are loaded when they are first needed.
 *
 * @module
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { path } from "./address.js";
import { Problem } from "./parts.js";

const PROBLEM = new Error("A part of this page could not be loaded. Load the page again.");
let styles;

/** Loads the style of all that is not on the first screen, once. */
export function loadStyles() {
  styles ??= new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), {
      rel: "stylesheet",
      href: path("assets", "screens.css"),
    });
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
  return styles;
}

/** A component whose file is loaded when it is first shown. @param load The promise of it. */
export function onDemand(load) {
  let Loaded = null;
  return function OnDemand(props) {
    const [problem, setProblem] = useState(null);
    const [, render] = useState(0);
    useEffect(() => {
      if (Loaded) return;
      Promise.all([load(), loadStyles()]).then(([found]) => {
        Loaded = found;
        render(1);
      }, () => setProblem(PROBLEM));
    }, []);
    if (problem) return html`<${Problem} error=${problem} />`;
    return Loaded && html`<${Loaded} ...${props} />`;
  };
}

/** Which dialog of a screen is open: `[dialog, open(name, values), close]`. */
export function useDialog() {
  const [dialog, setDialog] = useState(null);
  return [dialog, (name, values = {}) => setDialog({ name, ...values }), () => setDialog(null)];
}
