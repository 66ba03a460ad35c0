/**
 * What is true of everything, said once.
 *
 * @module
 */

import { html } from "htm/preact";
import { retryNow } from "./live.js";
import { bannerOf } from "./model/banner.js";
import { State } from "./parts.js";

/** The banner, where there is something to say. */
export function Banner({ live }) {
  const said = bannerOf(live, Date.now());
  if (!said) return null;
  const { severity, state, title, text, code, canRetry } = said;
  return html`
    <div class="banner" role="status" data-severity=${severity}>
      <div>
        <${State} state=${state} severity=${severity}>${title}<//>
        <span>${text}${code && [" ", html`<code>${code}</code>`]}</span>
        ${canRetry &&
          html`<button class="plain" type="button" onClick=${retryNow}>Try now</button>`}
      </div></div>
  `;
}
