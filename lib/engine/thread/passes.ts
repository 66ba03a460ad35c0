/**
 * What a thread and the main thread say of the passes of loops. A message leaves the thread at once,
 * so that the main thread also knows of a pass that blocks.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";
import type { LoopListener } from "../host/loops.ts";

/** From a worker's thread, about its loops. */
export type PassMessage =
  | readonly [kind: "pass began", loop: string, maxSeconds: number]
  | readonly [kind: "pass ended", loop: string]
  | readonly [kind: "pass failed", loop: string, error: ErrorData, waitSeconds: number];

/** The thread: says what happens. */
export function sayPasses(say: (message: PassMessage) => void): LoopListener {
  return {
    began: (loop, maxSeconds) => say(["pass began", loop, maxSeconds]),
    ended: (loop) => say(["pass ended", loop]),
    failed: (loop, error, waitSeconds) => say(["pass failed", loop, error, waitSeconds]),
  };
}

/** The main thread: passes on what the thread says. */
export function hearPass(listener: LoopListener, message: PassMessage): void {
  switch (message[0]) {
    case "pass began":
      return listener.began(message[1], message[2]);
    case "pass ended":
      return listener.ended(message[1]);
    case "pass failed":
      return listener.failed(message[1], message[2], message[3]);
  }
}
