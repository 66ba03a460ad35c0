/**
 * Timers for smtp-server, which calls methods that those of Node.js have.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";

/**
 * Makes the process's timers those of Node.js, in a runtime whose own are numbers: Deno before 2.9,
 * within a bundle. Elsewhere it does nothing.
 */
export function useNodeTimers(): void {
  const timer: unknown = globalThis.setTimeout(() => {});
  globalThis.clearTimeout(timer as number);
  if (typeof timer === "number") Object.assign(globalThis, { setTimeout, clearTimeout });
}
