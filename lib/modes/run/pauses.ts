/**
 * The pauses that operators have asked for: kept in files, and ended when their time is over.
 *
 * @module
 */

import { errorData } from "../../errors/error_data.ts";
import { logLine } from "../../log/log.ts";
import { isoTime, type PauseRecord } from "../../monitoring/snapshot.ts";
import { PausedQueues } from "../../operations/paused.ts";
import type { QueueRun } from "./queue_run.ts";

/** Pauses and resumes the queues of a process. */
export class Pauses {
  readonly #stored: PausedQueues;

  /** @param stateDir `STATE_DIR` */
  constructor(stateDir: string) {
    this.#stored = new PausedQueues(stateDir);
  }

  /** Pauses the queues that were paused when a process before this one ended. Call it before they start. */
  restore(queues: readonly QueueRun[]): void {
    for (const queue of queues) {
      const pause = this.#restored(queue);
      if (pause) void queue.pause(pause);
    }
  }

  /** Ends the pauses whose time is over. @param now ms since 1970 */
  sweep(queues: readonly QueueRun[], now: number): void {
    for (const queue of queues) {
      const until = queue.paused?.until;
      if (until && Date.parse(until) <= now) void this.resume(queue, "the end of its pause");
    }
  }

  /**
   * Pauses a queue.
   *
   * @throws {Error} Where the pause cannot be kept: the queue is not paused then.
   */
  async pause(queue: QueueRun, pause: PauseRecord): Promise<void> {
    this.#stored.write(queue.queue, pause);
    const { by, reason, until } = pause;
    queue.monitor.log("info", `Queue {queue} was paused by {by}${wordsOf(pause)}`, {
      by,
      reason,
      until,
    });
    await queue.pause(pause);
  }

  /** Resumes a queue. @param by Who asks. */
  async resume(queue: QueueRun, by: string): Promise<void> {
    this.#forget(queue);
    const wasPaused = queue.paused !== undefined;
    await queue.resume();
    if (wasPaused) queue.monitor.log("info", "Queue {queue} was resumed by {by}", { by });
  }

  #restored({ queue, monitor }: QueueRun): PauseRecord | undefined {
    const stored = this.#stored.read(queue, Date.now());
    if (stored.kind === "none") return undefined;
    if (stored.kind === "paused") {
      const { by, at, reason, until } = stored.pause;
      const message = `Queue {queue} is paused: {by} asked for it at {at}${wordsOf(stored.pause)}`;
      monitor.log("info", message, { by, at, reason, until });
      return stored.pause;
    }
    const { path, problem } = stored;
    const message = "Queue {queue} is paused, as {path} cannot be read: {problem}. Run " +
      "process-queue resume {queue}, or remove the file and restart";
    monitor.log("warning", message, { path, problem });
    return { by: path, at: isoTime(Date.now()), reason: problem, until: null };
  }

  #forget({ queue }: QueueRun): void {
    try {
      this.#stored.remove(queue);
    } catch (error) {
      const path = this.#stored.pathOf(queue);
      const message = "{path} cannot be removed, so queue {queue} is paused again at the next " +
        "start: {error}";
      logLine("warning", message, { path, error: errorData(error) }, { queue });
    }
  }
}

function wordsOf({ reason, until }: PauseRecord): string {
  return (until === null ? "" : " until {until}") + (reason === null ? "" : ": {reason}");
}
