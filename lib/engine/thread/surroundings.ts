/**
 * What every thread of the program has around its code: a lock that lets the runtime end it, a
 * heartbeat with a look at its heap, and lines that do not wait for a stream.
 *
 * @module
 */

import { getHeapStatistics } from "node:v8";
import type { Config } from "../../config/config.ts";
import { redirectConsole, redirectProcessStreams } from "../../log/console.ts";
import type { LineRing } from "../../log/line_ring.ts";
import { writeThreadLog } from "../../log/log.ts";
import type { Pulse } from "./pulse.ts";

/** How often a thread beats, and checks its limits of time and its heap, in ms. */
const HEARTBEAT_MS = 250;

/** What this uses of the Web Locks API, which Deno's types leave out. */
interface Locks {
  request(name: string, granted: () => Promise<never>): Promise<never>;
}

/**
 * Holds a Web Lock for as long as the thread lives: Deno can stop a thread that holds one in any
 * state, also when the thread that made it ends. Await this before code of a worker is loaded.
 *
 * @returns Whether there are locks.
 */
export async function holdWebLock(): Promise<boolean> {
  const { locks } = navigator as unknown as { readonly locks?: Locks };
  if (!locks) return false;
  const granted = Promise.withResolvers<void>();
  void locks.request(`process-queue thread ${crypto.randomUUID()}`, () => {
    granted.resolve();
    return new Promise(() => {});
  });
  await granted.promise;
  return true;
}

/** What is done at each heartbeat. */
export interface HeartbeatOptions {
  /** Called a few times a second. @param now `performance.now()` @param heapMb The heap in use. */
  readonly sweep?: (now: number, heapMb: number) => void;
  /** The heap has been used up: the runtime then allows some more, once. */
  readonly onHeapFull: () => void;
  /** MB of heap that belong to this thread besides its own. @default {none} */
  readonly moreHeapMb?: () => number;
}

/** Beats, and looks at the heap. */
export function beat(pulse: Pulse, options: HeartbeatOptions): void {
  const { sweep, onHeapFull, moreHeapMb = () => 0 } = options;
  const beatOnce = () => {
    const { heap_size_limit, used_heap_size } = getHeapStatistics();
    pulse.beat(Math.round(used_heap_size / 1e6) + moreHeapMb());
    return heap_size_limit;
  };
  const limit = beatOnce();
  const timer = setInterval(() => {
    if (beatOnce() <= limit) return sweep?.(performance.now(), pulse.heapUsedMb);
    clearInterval(timer);
    onHeapFull();
  }, HEARTBEAT_MS);
}

/** Hands over what this thread logs and prints: a thread must not wait for a stream. */
export function handLinesOver(ring: LineRing, log: Config["log"]): void {
  writeThreadLog(log, (line) => ring.write(2, line));
  const print: Parameters<typeof redirectConsole>[0] = (fd, text) => ring.write(fd, text);
  redirectConsole(print);
  redirectProcessStreams(print);
}
