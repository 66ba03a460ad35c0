/**
 * The groups of failures, the largest first.
 *
 * @module
 */

import { html } from "htm/preact";
import { failedPath, query } from "../../address.js";
import { count, moment, plural, time } from "../../format.js";
import { ago, share } from "../../format_details.js";
import { Spark } from "../../parts.js";

/** A group that failed within so many ms is said to be of now. */
const RECENT_MS = 3_600_000;

/** The list, and below it what came since the scan. */
export function Groups({ queue, page, asked, scanAgain }) {
  const now = Date.parse(page.at);
  const fresh = page.of_now === null ? 0 : page.of_now - page.of;
  return html`<section aria-labelledby="s-groups"><h2 class="unseen" id="s-groups">Groups of failures</h2>
    ${
    !page.complete &&
    html`<p class="small quiet">Counts are of the first ${
      count(page.scanned)
    } until all are scanned.</p>`
  }
    <ul class="groups">${
    page.groups.map((group) =>
      html`
        <${Group} key=${group.fingerprint} group=${group} queue=${queue} page=${page} asked=${asked}
          now=${now} />
      `
    )
  }</ul>
    ${
    page.others > 0 &&
    html`<p class="small quiet">${
      plural(page.others, "event is", "events are")
    } of further groups.</p>`
  }
    ${
    fresh > 0 && html`
      <p
        class="wait"><button class="plain" type="button" onClick=${scanAgain}>Show ${plural(
          fresh,
          "new event",
        )}</button></p>
    `
  }
  </section>`;
}

function Group({ group, queue, page, asked, now }) {
  const { fingerprint, name, message, reason, count: events } = group;
  const href = failedPath(queue) + query({ ...asked, group: fingerprint });
  const trend = page.trend?.[fingerprint];
  const recent = trend?.reduce((sum, minute) => sum + minute, 0) ?? 0;
  const width = page.scanned > 0 ? (100 * events) / page.scanned : 0;
  return html`<li><a class=${trend ? "has-trend" : undefined} href=${href} aria-current=${
    asked.group === fingerprint ? "true" : undefined
  }>
      <span class="count">${count(events)}</span><span class="what">${name}</span>
      ${
    trend &&
    html`<${Spark} points=${trend} isFramed=${false} label=${`${
      plural(recent, "event")
    } in the last 30 minutes`} />`
  }
      <span class="part quiet">${
    share(events, page.scanned)
  }</span><span class="said">${message}</span>
      <span class="when small quiet">${reason}, ${
    whenOf(group, now)
  } · <code>${fingerprint}</code></span></a>
    <svg class="share" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true"><rect width=${
    width.toFixed(1)
  } height="2" /></svg></li>`;
}

/** When the events of a group failed. */
function whenOf({ first_at, last_at }, now) {
  const last = moment(last_at);
  if (first_at === last_at) return time(first_at, now);
  if (last !== null && now - last < RECENT_MS) {
    return `since ${time(first_at, now)}, last ${ago(last_at, now)}`;
  }
  return `${time(first_at, now)} to ${time(last_at, now)}`;
}
