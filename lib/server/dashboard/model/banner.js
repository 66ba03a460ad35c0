// @ts-check
/**
 * What is true of everything: the server or the broker is away, or the broker takes no publishes.
 *
 * @module
 */

import { duration, time } from "../format.js";

/** @typedef {{ at: string, sampled_at: string | null, broker: { kind: string, address: string, up: boolean, since: string, blocked: string | null } }} View */
/** @typedef {{ severity: string, state: string, title: string, text: string, code?: string, canRetry?: boolean }} Banner */

/**
 * The banner; `null` where there is nothing to say.
 *
 * @param {{ view: View | null, lostAt: number | null }} live
 * @param {number} now ms since 1970
 * @returns {Banner | null}
 */
export function bannerOf({ view, lostAt }, now) {
  if (lostAt !== null) return lostBanner(view, lostAt, now);
  if (!view) return null;
  return view.broker.up ? blockedBanner(view) : awayBanner(view);
}

/** @type {(view: View | null, lostAt: number, now: number) => Banner} */
function lostBanner(view, lostAt, now) {
  return {
    severity: "warning",
    state: "not heard from",
    title: `The server has not answered since ${time(lostAt, now)}`,
    text: `${view ? `${ageOf(view.at, now)} ` : ""}The page tries again by itself.`,
    canRetry: true,
  };
}

/** @type {(view: View) => Banner} */
function awayBanner({ broker, at, sampled_at }) {
  const now = Date.parse(at);
  return {
    severity: "critical",
    state: "stuck",
    title: `${nameOf(broker)} unreachable since ${time(broker.since, now)}`,
    text: `${
      sampled_at === null ? "No numbers came yet." : ageOf(sampled_at, now)
    } It is tried again by itself:`,
    code: broker.address,
  };
}

/** @type {(view: View) => Banner | null} */
function blockedBanner({ broker }) {
  if (broker.blocked === null) return null;
  return {
    severity: "critical",
    state: "blocked",
    title: `${nameOf(broker)} has blocked publishing`,
    text:
      `${broker.blocked}. Events that are there still run; whatever publishes, retries included, waits.`,
  };
}

/** @type {(at: string, now: number) => string} */
function ageOf(at, now) {
  return `All numbers are from ${time(at, now)}, ${duration((now - Date.parse(at)) / 1000)} ago.`;
}

/** @param {{ kind: string }} broker */
function nameOf({ kind }) {
  return kind === "rabbitmq" ? "RabbitMQ" : "The embedded broker";
}
