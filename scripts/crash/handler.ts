/**
 * What the handlers of all workers do: the trouble they are told to make, then a line in the
 * ledger.
 *
 * @module
 */

import { writeLine } from "./ledger.ts";
import { type Order, order, type Trouble } from "./orders.ts";

/** What the workers have in common: limits so short that much happens in a minute. */
export const COMMON = { event: order, maxConsumeSeconds: 1, maxHeapMb: 64, retries: [1] };

/** Handles one event. @param attempt 1 for the first. */
export async function handle(one: Order, attempt: number, queue: string): Promise<void> {
  if (attempt <= one.times) await TROUBLES[one.trouble](one, queue);
  writeLine("done", one, queue);
}

/** Resolves after so many ms. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const TROUBLES: Readonly<Record<Trouble, (one: Order, queue: string) => unknown>> = {
  none: () => {},
  throw({ id }) {
    throw new Error(`The event ${id} is told to throw`);
  },
  /** Waits for ever, whatever its signal says. */
  hang(one, queue) {
    writeLine("begun", one, queue);
    return new Promise(() => {});
  },
  /** Keeps its thread from doing anything else. */
  loop(one, queue) {
    writeLine("begun", one, queue);
    for (;;);
  },
  /** Fills the heap of its thread. */
  fill(one, queue) {
    writeLine("begun", one, queue);
    const heap: object[] = [];
    for (;;) heap.push({ id: one.id, number: heap.length });
  },
};
