/**
 * Threads that cannot be ended: only the end of the process ends them.
 *
 * @module
 */

import { notice, type Reporter } from "../../engine/report.ts";

/** How long a process with a thread that cannot be ended goes on at most, in ms. */
const ZOMBIE_MS = 600_000;
/** How often such a process checks whether it is idle, in ms. */
const IDLE_CHECK_MS = 1000;

/** Reports where the runtime cannot end a thread whose worker hangs. */
export function requireWebLocks(report: Reporter): void {
  if ("locks" in navigator) return;
  const message = "This runtime has no Web Locks, so a thread cannot be ended when its worker " +
    "hangs: the process is then restarted. Use Deno 2.9 or later";
  report(notice("warning", undefined, message));
}

/** Calls `end` when the process is idle, or after 10 minutes. */
export function whenIdle(isIdle: () => boolean, end: () => void): void {
  const latest = performance.now() + ZOMBIE_MS;
  const timer = setInterval(() => {
    if (!isIdle() && performance.now() < latest) return;
    clearInterval(timer);
    end();
  }, IDLE_CHECK_MS);
}
