/**
 * The handler of all workers: it writes a line into the ledger, makes the trouble that its event asks
 * for, and then writes another line.
 *
 * @module
 */

import { type CrashEvent, eventSchema, type Trouble } from "./events.ts";
import { writeLine } from "./ledger.ts";

/** Settings of all workers. Short limits make much happen in a minute. */
export const COMMON = { event: eventSchema, maxConsumeSeconds: 1, maxHeapMb: 64, retries: [1] };

/** Handles one event. @param attempt 1 for the first. */
export async function handle(event: CrashEvent, attempt: number, queue: string): Promise<void> {
  writeLine("started", event, queue);
  if (attempt <= event.times) await TROUBLES[event.trouble](event);
  writeLine("done", event, queue);
}

/** Resolves after `ms` ms. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const TROUBLES: Readonly<Record<Trouble, (event: CrashEvent) => unknown>> = {
  none: () => {},
  throw({ id }) {
    throw new Error(`The event ${id} asks for an error`);
  },
  /** Waits for ever and ignores its signal. */
  hang() {
    return new Promise(() => {});
  },
  /** Blocks its thread. */
  loop() {
    for (;;);
  },
  /** Fills the heap of its thread. */
  fill({ id }) {
    const heap: object[] = [];
    for (;;) heap.push({ id, number: heap.length });
  },
};
