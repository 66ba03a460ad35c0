/**
 * Requests to the server that the page comes from.
 *
 * @module
 */

import { path, query } from "./address.js";

/** An answer that is no success. `status` is 0 where the server did not answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function send(method, segments, { body, values = {}, signal } = {}) {
  const init = { method, signal, headers: {} };
  if (method === "POST") {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(path("v1", ...segments) + query(values), init).catch((error) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server does not answer. Look whether the process still runs.");
  });
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  // A wrong token is said by the server; without one the server speaks of headers.
  const isOver = response.status === 401 && segments[0] !== "session";
  throw new ApiError(
    response.status,
    isOver
      ? "You are not signed in any more. Load the page again to sign in."
      : answer?.error?.message ?? `Status ${response.status}`,
  );
}

/** Reads. `values` is the query. */
export const get = (segments, values, signal) => send("GET", segments, { values, signal });
/** Changes something. */
export const post = (segments, body, values) => send("POST", segments, { body, values });
/** Cancels or ends something. */
export const remove = (segments) => send("DELETE", segments);

/** Waits until a task has ended. `onTask` hears of its progress. */
export async function taskEnd(first, onTask = () => {}, signal) {
  let task = first;
  while (task.state === "running") {
    task = await get(["tasks", task.id], { wait: 1 }, signal);
    onTask(task);
  }
  return task;
}
