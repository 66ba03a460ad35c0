/**
 * The address of the page: which screen it names, and its query.
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";

const base = globalThis.document?.documentElement.dataset.base ?? "";
const CHANGED = "addresschange";

/** A path of this server, for links and requests. */
export function path(...segments) {
  return `${base}/${segments.map(encodeURIComponent).join("/")}`;
}

/** The address of a queue's screen; with a handle, of a failed event. */
export const queuePath = (queue) => path("queues", queue);
export const failedPath = (queue) => path("queues", queue, "failed");
export const eventPath = (queue, handle) => path("queues", queue, "failed", handle);

/** A query without its empty values: `?group=f3a91c02`, or nothing. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value || value === 0);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

function read() {
  const { pathname, search } = globalThis.location;
  const segments = pathname.slice(base.length).split("/").filter(Boolean).map(decodeURIComponent);
  return { ...screenOf(segments), query: Object.fromEntries(new URLSearchParams(search)) };
}

function screenOf([first = "queues", queue, third, handle]) {
  if (first !== "queues") return { screen: first };
  if (!queue) return { screen: "queues" };
  if (third !== "failed") return { screen: "queue", queue };
  return handle ? { screen: "event", queue, handle } : { screen: "failed", queue };
}

/** Opens an address without loading the page. */
export function go(address, { replace = false } = {}) {
  globalThis.history[replace ? "replaceState" : "pushState"](null, "", address);
  globalThis.dispatchEvent(new Event(CHANGED));
  if (replace) return;
  globalThis.scrollTo(0, 0);
  document.querySelector("main").focus({ preventScroll: true });
}

/** Changes the query of this address. */
export function setQuery(values) {
  const all = { ...read().query, ...values };
  go(globalThis.location.pathname + query(all), { replace: true });
}

/** The screen of the address, with what it names. */
export function useAddress() {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const update = () => setAddress(read());
    const names = [CHANGED, "popstate"];
    names.forEach((name) => globalThis.addEventListener(name, update));
    document.addEventListener("click", followLink);
    return () => {
      names.forEach((name) => globalThis.removeEventListener(name, update));
      document.removeEventListener("click", followLink);
    };
  }, []);
  return address;
}

/** Follows a link to another screen; the browser follows all others. */
function followLink(event) {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) {
    return;
  }
  const to = new URL(link.href);
  if (to.origin !== globalThis.location.origin || to.hash || to.pathname.includes("/v1/")) return;
  event.preventDefault();
  go(to.pathname + to.search);
}
