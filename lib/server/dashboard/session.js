/**
 * Who has opened the page, and what that person may do.
 *
 * @module
 */

import { get, post } from "./api.js";

/** The caller's right and name; replaced by `signIn`. */
export const session = { right: "probes", by: null };

const RIGHTS = ["probes", "numbers", "events", "changes"];

/** Whether the caller has a right, or one that includes it. */
export function may(right) {
  return RIGHTS.indexOf(session.right) >= RIGHTS.indexOf(right);
}

/** Asks who the caller is. A token after `#` signs in first, and leaves the address. */
export async function begin() {
  const token = decoded(globalThis.location.hash.slice(1));
  if (token.length >= 16) {
    globalThis.history.replaceState(
      null,
      "",
      globalThis.location.pathname + globalThis.location.search,
    );
    await signIn(token, "").catch(() => {});
  }
  Object.assign(session, await get(["session"]));
}

/** Trades a token for a session. */
export async function signIn(token, name) {
  Object.assign(session, await post(["session"], { token, ...(name ? { name } : {}) }));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
