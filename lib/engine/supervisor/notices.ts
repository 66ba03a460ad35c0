/**
 * What an operator is told about a queue's thread: every line of it, in one place.
 *
 * @module
 */

import type { ThreadDeath } from "../thread/worker_thread.ts";
import type { NoticeReport, Reporter } from "../report.ts";
import type { ErrorData } from "../../errors/error_data.ts";

/** When a queue is parked, and for how long. */
export interface Parking {
  /** Failures within `seconds` that were allowed. */
  readonly most: number;
  readonly seconds: number;
  /** Until it is tried again. */
  readonly parkSeconds: number;
}

/** Reports what happens to the threads of one queue. */
export class ThreadNotices {
  readonly #queue: string;
  readonly #report: Reporter;

  /** @param queue Whose threads they are. @param report Who is told. */
  constructor(queue: string, report: Reporter) {
    this.#queue = queue;
    this.#report = report;
  }

  /** The runtime cannot end a thread whose worker hangs. */
  noLocks(): void {
    const message = "This runtime has no Web Locks, so a thread cannot be ended when its worker " +
      "hangs: the process is then restarted. Use Deno 2.9 or later";
    this.#say("warning", message, {});
  }

  /** The worker could not be begun, and is tried again. */
  didNotStart(error: ErrorData): void {
    this.#say("error", "The worker of {queue} did not start: it is tried again", { error });
  }

  /** The worker's file was changed. */
  otherNumbers(): void {
    const message = "The worker of {queue} is declared with other numbers than when this process " +
      "began: they count once the process is restarted";
    this.#say("warning", message, {});
  }

  /** The worker could not be begun, and waits until somebody mends its file. */
  waitsForChange(file: string, error: ErrorData): void {
    const message = "The worker of {queue} did not start: it waits for a change of {file}";
    this.#say("error", message, { error, properties: { file } });
  }

  /** A thread ended by itself, and no event is to blame. */
  ended(reason: ThreadDeath["reason"], error: ErrorData): void {
    const message = "The thread of {queue} ended ({reason}): it is begun again";
    this.#say("error", message, { error, properties: { reason } });
  }

  /** A thread ended by itself while it ran events. */
  endedWithEvents(reason: ThreadDeath["reason"], count: number, error: ErrorData): void {
    const message = "The thread of {queue} ended ({reason}) while it ran {count} events: a new " +
      "one goes on, and they run alone";
    this.#say("error", message, { error, properties: { reason, count } });
  }

  /**
   * A handler did not return when it was aborted.
   *
   * @param count How many events ran. @param ids Of those that ran too long.
   */
  hangs(seconds: number, count: number, ids: readonly string[]): void {
    const message = "The worker of {queue} did not return when it was aborted after {seconds} " +
      "seconds processing {count} events: its thread is ended, and a new one goes on";
    const fingerprint = ["worker-timeout", this.#queue];
    this.#say("error", message, { properties: { seconds, count, ids }, fingerprint });
  }

  /** A thread did not answer while no event ran in it. */
  blocked(seconds: number): void {
    const message = "The thread of {queue} was blocked for {seconds} s though no event ran in " +
      "it: it is ended, and a new one goes on";
    this.#say("error", message, { properties: { seconds } });
  }

  /** Something threw outside of any event: Zulip's line. */
  stray(error: ErrorData): void {
    this.#say("error", "Unhandled exception from queue: {queue}", { error });
  }

  /** More threw so than can be told one by one. */
  moreStrays(count: number): void {
    const message = "{count} more unhandled exceptions from queue {queue} are not told one by one";
    this.#say("error", message, { properties: { count } });
  }

  /** A thread that was ended lives on. */
  zombie(): void {
    const message = "A thread of {queue} cannot be ended, as what runs in it is not JavaScript " +
      "or the runtime is too old: the queue goes on in a new one, and the process asks to be " +
      "restarted";
    this.#say("error", message, {});
  }

  /** Nothing is taken from the queue for a while. */
  parked({ most, seconds, parkSeconds }: Parking, error: ErrorData): void {
    const message = "Queue {queue} is parked: its worker failed {count} times within {seconds} " +
      "s. Its events stay in the broker, and it is tried again every {park} s";
    const properties = { count: most + 1, seconds, park: parkSeconds };
    this.#say("error", message, { error, properties });
  }

  /** The broker does not let the queue be consumed. @param parkSeconds Until it is tried again. */
  refused(parkSeconds: number, error: ErrorData): void {
    const message = "Queue {queue} is parked: the broker does not let it be consumed. It is " +
      "tried again every {park} s";
    this.#say("error", message, { error, properties: { park: parkSeconds } });
  }

  /** What was parked is not any more. */
  consumedAgain(): void {
    this.#say("info", "Queue {queue} is consumed again", {});
  }

  #say(
    level: NoticeReport["level"],
    message: string,
    { properties = {}, ...rest }: Partial<Omit<NoticeReport, "level" | "message">>,
  ): void {
    this.#report({
      kind: "notice",
      level,
      queue: this.#queue,
      message,
      properties,
      ...rest,
    });
  }
}
