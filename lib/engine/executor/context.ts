/**
 * What a handler gets beside its events. It is made for every event, so it is cheap: an
 * AbortController is made only for a handler that asks for the signal.
 *
 * @module
 */

import type { BatchContext, EventInfo, WorkerContext, WorkerLog } from "../../worker.ts";
import { isSecretName, MASK, redactText } from "../../errors/redact.ts";
import type { ErrorData } from "../../errors/error_data.ts";
import { type Hide, HIDE_NOTHING } from "../../errors/hide.ts";
import { hidingLog } from "../../log/hiding_log.ts";
import type { Job } from "./executor.ts";

/** Makes the log of one event from its id. */
export type LogFor = (event: EventInfo) => WorkerLog;

/** A job and which attempt at it this is. */
export interface Attempted {
  readonly job: Job;
  readonly attempt: number;
}

function eventInfo({ job, attempt }: Attempted): EventInfo {
  return {
    id: job.id,
    attempt,
    publishedAt: job.publishedAt || undefined,
    retriedAt: job.retriedAt || undefined,
  };
}

/** What a handler said of its event, to be reported with its failure. */
type Reported = Required<Pick<ErrorData, "tags" | "breadcrumbs">>;

/** How many tags, and how many breadcrumbs, are kept. */
const MAX_REPORTED = 50;
/** How many characters of one of them, and of a tag's name, are kept. */
const MAX_TEXT = 200;

function boundedTags(tags: Record<string, string>, hide: Hide): Record<string, string> {
  const entries = Object.entries(tags).slice(0, MAX_REPORTED);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      bounded(name, hide),
      isSecretName(name) ? MASK : bounded(String(value), hide),
    ]),
  );
}

function bounded(text: string, hide: Hide): string {
  return redactText(hide(text).slice(0, MAX_TEXT));
}

/** The context of one call of a handler. */
export class RunContext implements BatchContext {
  readonly #worker: WorkerContext;
  readonly #logFor: LogFor;
  readonly #items: readonly Attempted[];
  readonly #hide: Hide;
  #events: readonly EventInfo[] | undefined;
  #controller: AbortController | undefined;
  #isSignalUsed = false;
  #log: WorkerLog | undefined;
  #reported: Reported | undefined;

  /**
   * @param worker The worker's context.
   * @param items The events, at least one.
   * @param hide Replaces their secrets.
   */
  constructor(
    worker: WorkerContext,
    logFor: LogFor,
    items: readonly Attempted[],
    hide: Hide = HIDE_NOTHING,
  ) {
    this.#worker = worker;
    this.#logFor = logFor;
    this.#items = items;
    this.#hide = hide;
  }

  /** All events of the run. */
  get events(): readonly EventInfo[] {
    return this.#events ??= this.#items.map(eventInfo);
  }

  /** The first event. */
  get event(): EventInfo {
    const [first] = this.events;
    if (!first) throw new RangeError("A run has at least one event");
    return first;
  }
  get queue(): string {
    return this.#worker.queue;
  }
  get workerNum(): number {
    return this.#worker.workerNum;
  }
  get config(): WorkerContext["config"] {
    return this.#worker.config;
  }
  get log(): WorkerLog {
    return this.#log ??= hidingLog(this.#logFor(this.event), this.#hide);
  }
  get owner(): string {
    return this.#worker.owner;
  }
  get publish(): WorkerContext["publish"] {
    return this.#worker.publish;
  }
  get database(): WorkerContext["database"] {
    return this.#worker.database;
  }
  get thread(): WorkerContext["thread"] {
    return this.#worker.thread;
  }
  get loop(): WorkerContext["loop"] {
    return this.#worker.loop;
  }
  /** What the handler has said of its event, if anything. */
  get reported(): Reported | undefined {
    return this.#reported;
  }
  /** Works without its context too, as in `const { report } = ctx`. */
  get report(): BatchContext["report"] {
    return (tags, breadcrumb) => this.#addReported(tags, breadcrumb);
  }
  /** Whether the handler has asked for the signal. */
  get isSignalUsed(): boolean {
    return this.#isSignalUsed;
  }
  get signal(): AbortSignal {
    this.#isSignalUsed = true;
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Aborts the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  #addReported(tags: Record<string, string>, breadcrumb: string | undefined): void {
    const { tags: before = {}, breadcrumbs = [] } = this.#reported ?? {};
    const added = breadcrumb === undefined ? [] : [bounded(breadcrumb, this.#hide)];
    this.#reported = {
      tags: boundedTags({ ...before, ...tags }, this.#hide),
      breadcrumbs: [...breadcrumbs, ...added].slice(-MAX_REPORTED),
    };
  }
}
