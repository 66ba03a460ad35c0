/**
 * What an operator reads about a queue's thread: every line of it, in one place.
 *
 * @module
 */

import { notice, type NoticeReport, type Reporter, uncaughtNotice } from "../report.ts";
import { nounFor } from "../../errors/counted.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import type { HungEnd, ThreadEnd, UnresponsiveEnd } from "../thread/thread_end.ts";
import { hungLoop } from "./loop_watch.ts";
import type { Next } from "./next.ts";

/** When a queue is parked, and for how long. */
export interface Parking {
  /** Failures within `seconds` that were allowed. */
  readonly most: number;
  readonly seconds: number;
  /** Seconds until it is tried again. */
  readonly parkSeconds: number;
}

/** What there is to say about the end of a thread besides its reason and what comes next. */
export interface EndDetails {
  /** How many events ran. */
  readonly count: number;
  /** The queue was parked already. */
  readonly wasParked: boolean;
}

/** Reports what happens to the threads of one queue. */
export class ThreadNotices {
  readonly #queue: string;
  readonly #report: Reporter;
  readonly #parking: Parking;
  /** Why the worker did not start the last time. */
  #notStarted: string | undefined;

  /** @param queue The queue of the threads. @param report Takes the notices. */
  constructor(queue: string, report: Reporter, parking: Parking) {
    this.#queue = queue;
    this.#report = report;
    this.#parking = parking;
  }

  /** A thread has come to its end. */
  ended(end: ThreadEnd, next: Next, { count, wasParked }: EndDetails): void {
    if (end.kind !== "not started") this.#notStarted = undefined;
    switch (end.kind) {
      case "hung":
        return this.#hung(end);
      case "hung loop":
        return this.#report(
          hungLoop(this.#queue, end, "its thread is ended, and a new one takes over"),
        );
      case "restarted":
        return this.#restarted(end.by, end.stillRunning.length);
      case "refused":
        return next === "when parked" ? this.#refused(end.error) : undefined;
      case "unresponsive":
        this.#unresponsive(end);
        break;
      case "died":
        if (next === "at once") return this.#endedWithEvents(end.reason, count, end.error);
        if (next === "later") return this.#ended(end.reason, end.error);
        break;
      case "not started":
        if (next === "later") return this.#didNotStart(end.error);
        if (next === "when parked" && !wasParked) return this.#parked(end.error, true);
    }
    if (next === "when parked" && !wasParked && "error" in end) this.#parked(end.error);
  }

  /** The same again and again is one line; the line that the queue is parked has the count. */
  #didNotStart(error: ErrorData): void {
    const reason = reasonOf(error);
    const isKnown = reason === this.#notStarted;
    this.#notStarted = reason;
    const message = "{reason}. The worker of {queue} is tried again";
    const more = { error, properties: { reason }, isErrorInMessage: true };
    this.#say(isKnown ? "debug" : "error", message, more);
  }

  #ended(reason: string, error: ErrorData): void {
    const message = "The thread of {queue} ended ({reason}): it is restarted";
    this.#say("error", message, { error, properties: { reason } });
  }

  #endedWithEvents(reason: string, count: number, error: ErrorData): void {
    const [event, runs] = [nounFor(count, "event"), count === 1 ? "it runs" : "they run"];
    const message = `The thread of {queue} ended ({reason}) while it ran {count} ${event}: a new ` +
      `thread takes over, and ${runs} alone`;
    this.#say("error", message, { error, properties: { reason, count } });
  }

  #restarted(by: string, count: number): void {
    const [event, runs] = [nounFor(count, "event"), count === 1 ? "runs" : "run"];
    const message = count === 0
      ? "The thread of {queue} was restarted by {by}"
      : `The thread of {queue} was restarted by {by}; {count} ${event} did not end in time, and ` +
        `${runs} again alone`;
    this.#say("info", message, { properties: { by, count } });
  }

  #hung({ seconds, running, jobs }: HungEnd): void {
    const message = "The worker of {queue} did not return when it was aborted after {seconds} " +
      `seconds processing {count} ${
        nounFor(running.length, "event")
      }: its thread is ended, and a ` +
      "new one takes over";
    const fingerprint = ["worker-timeout", this.#queue];
    const properties = { seconds, count: running.length, ids: jobs.map(({ id }) => id) };
    this.#say("error", message, { properties, fingerprint });
  }

  #unresponsive({ seconds, loop }: UnresponsiveEnd): void {
    const message = loop === undefined
      ? "The thread of {queue} did not respond for {seconds} s though no event ran in it: it is " +
        "ended, and a new one takes over"
      : "The thread of {queue} did not respond for {seconds} s while its loop {loop} ran: it is " +
        "ended, and a new one takes over";
    this.#say("error", message, { properties: { seconds, loop } });
  }

  /** @param isErrorInMessage Whether a line before said all of the error. */
  #parked(error: ErrorData, isErrorInMessage = false): void {
    const { most, seconds, parkSeconds } = this.#parking;
    const many =
      "Queue {queue} is parked: its worker failed {count} times within {seconds} s. Its " +
      "events stay in the broker, and it is tried again every {park} s";
    const message = most === 0 ? many.replace("times", "time") : many;
    const properties = { count: most + 1, seconds, park: parkSeconds };
    this.#say("error", isErrorInMessage ? `${message}: {reason}` : message, {
      error,
      properties: isErrorInMessage ? { ...properties, reason: reasonOf(error) } : properties,
      isErrorInMessage,
    });
  }

  #refused(error: ErrorData): void {
    const message = "Queue {queue} is parked: the broker does not allow consuming it. It is " +
      "tried again every {park} s";
    this.#say("error", message, { error, properties: { park: this.#parking.parkSeconds } });
  }

  /** Something threw outside of any event: Zulip's line. */
  unhandledError(error: ErrorData): void {
    this.#report(uncaughtNotice(this.#queue, error));
  }

  /** More threw so than are reported one by one. */
  moreUnhandledErrors(count: number): void {
    const message = count === 1
      ? "{count} more unhandled exception from queue {queue} is not logged"
      : "{count} more unhandled exceptions from queue {queue} are not logged one by one";
    this.#say("error", message, { properties: { count } });
  }

  /** A thread that was ended lives on. */
  zombie(isStopping: boolean): void {
    const message = "A thread of {queue} cannot be ended, because it runs native code or the " +
      "runtime is too old: " +
      (isStopping
        ? "it ends with the process"
        : "a new thread takes over, and the process asks to be restarted");
    this.#say("error", message);
  }

  /** The queue is not parked any more. */
  consumedAgain(): void {
    this.#say("info", "Queue {queue} is consumed again");
  }

  #say(
    level: NoticeReport["level"],
    message: string,
    more: Parameters<typeof notice>[3] = {},
  ): void {
    this.#report(notice(level, this.#queue, message, { properties: {}, ...more }));
  }
}

/** Errors whose message is a sentence of ours. */
const OURS: ReadonlySet<string> = new Set([
  "ConfigError",
  "DatabaseError",
  "WorkerDeclarationError",
  "WorkerSetupError",
]);

function reasonOf({ name, message }: ErrorData): string {
  return OURS.has(name) ? message.replace(/\.$/, "") : `${name}: ${message}`;
}
