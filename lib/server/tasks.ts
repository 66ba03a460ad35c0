/**
 * The tasks of the dashboard: what repairs dead letters or scans them goes on without a page, and is
 * kept for an hour.
 *
 * @module
 */

import { errorData } from "../errors/error_data.ts";
import { logLine } from "../log/log.ts";
import { isoTime } from "../monitoring/snapshot.ts";
import type { Task, TaskEnd, TaskOrder } from "../operations/failed/task.ts";
import { TOO_LATE, within } from "../system/deadline.ts";
import type { FailedEvents } from "./failed_events.ts";
import { HttpError } from "./http_error.ts";

/** Hears of each change of a task; must not throw. */
export type TaskListener = (task: Task) => void;

/** How tasks are run. */
export interface TasksOptions {
  readonly events: Pick<FailedEvents, "run">;
  /** Whether only one runs at a time, whatever the queue. */
  readonly isSingle: boolean;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** What starts a task. */
export interface TaskStart {
  readonly order: TaskOrder;
  readonly by: string;
  /** The filter as it was sent. */
  readonly filter: unknown;
}

/** A task that runs or has run. */
interface Entry {
  task: Task;
  readonly key: string;
  readonly cancel: AbortController;
  readonly ended: PromiseWithResolvers<void>;
  /** When its progress was last sent, in ms since 1970. */
  sentAt: number;
}

const KEPT_MS = 3_600_000;
/** The most tasks that are kept. */
const MOST_KEPT = 100;
/** The least time between two messages of progress, in ms. */
const PROGRESS_MS = 500;
/** How long the end of the process waits until what is under way is confirmed, in ms. */
const END_MS = 5000;
/** A drop of more events needs a dry run before. */
const CONFIRMED_UP_TO = 100;

/** Runs tasks, one a queue. */
export class Tasks implements AsyncDisposable {
  readonly #options: TasksOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<TaskListener>();
  #isClosed = false;

  /** @param options How they are run. */
  constructor(options: TasksOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The tasks, the newest first. */
  get all(): Task[] {
    this.#forgetOld();
    return [...this.#entries.values()].map(({ task }) => task).reverse();
  }

  /** Whether one runs. */
  get isBusy(): boolean {
    return [...this.#entries.values()].some(isRunning);
  }

  /** A task. @throws {HttpError} `not_found` */
  get(id: string): Task {
    return this.#find(id).task;
  }

  /** Hears of changes. @returns A function that ends that. */
  listen(listener: TaskListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Starts a task.
   *
   * @throws {HttpError} `conflict` while another runs, and for a drop of many events without a dry
   * run of the same ones.
   */
  start({ order, by, filter }: TaskStart): Task {
    const key = keyOf(order);
    this.#forgetOld();
    this.#requireFree(order);
    this.#requireDryRun(order, key);
    const task = newTask(order, by, filter, this.#now());
    const entry: Entry = {
      task,
      key,
      cancel: new AbortController(),
      ended: Promise.withResolvers(),
      sentAt: this.#now(),
    };
    this.#entries.set(task.id, entry);
    this.#tell(entry, {});
    logStart(order, by);
    void this.#run(entry, order, by);
    return task;
  }

  /** Asks a task to end once what is under way is confirmed. @throws {HttpError} `not_found` */
  cancel(id: string): Task {
    const entry = this.#find(id);
    entry.cancel.abort();
    return entry.task;
  }

  /** Waits until a task has ended, or for some ms. @throws {HttpError} `not_found` */
  async wait(id: string, ms: number): Promise<Task> {
    const entry = this.#find(id);
    await within(ms, entry.ended.promise);
    return entry.task;
  }

  /** Ends the tasks as an interrupted command ends: what is under way is confirmed first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#entries.values()].filter(isRunning);
    for (const { cancel } of running) cancel.abort();
    const ended = await within(END_MS, Promise.all(running.map(({ ended }) => ended.promise)));
    if (ended === TOO_LATE) {
      const message = "A task of the dashboard did not end in {seconds} s: at most 100 of its " +
        "events may be in both queues";
      logLine("warning", message, { seconds: END_MS / 1000 }, {});
    }
  }

  async #run(entry: Entry, order: TaskOrder, by: string): Promise<void> {
    const { signal } = entry.cancel;
    const onProgress = (progress: Task["progress"]) => this.#progressed(entry, progress);
    const ended = await this.#options.events.run(order, { by, signal, onProgress }).then(
      (end) => endOf(end, signal.aborted),
      (error) => ({ state: "failed", error: errorData(error).message } as const),
    );
    this.#tell(entry, { ...ended, ended_at: isoTime(this.#now()) });
    logEnd(entry.task);
    entry.ended.resolve();
  }

  #progressed(entry: Entry, progress: Task["progress"]): void {
    entry.task = { ...entry.task, progress };
    if (this.#now() - entry.sentAt >= PROGRESS_MS) this.#tell(entry, {});
  }

  #tell(entry: Entry, change: Partial<Task>): void {
    entry.task = { ...entry.task, ...change };
    entry.sentAt = this.#now();
    for (const listener of this.#listeners) listener(entry.task);
  }

  #find(id: string): Entry {
    this.#forgetOld();
    const entry = this.#entries.get(id);
    if (entry) return entry;
    const message = `There is no task ${id}: those that ended are kept for an hour, and none ` +
      "outlives the process";
    throw new HttpError("not_found", message);
  }

  #requireFree({ queue }: TaskOrder): void {
    if (this.#isClosed) throw new HttpError("conflict", "The process stops");
    const { isSingle } = this.#options;
    const other = [...this.#entries.values()].filter(isRunning)
      .find(({ task }) => isSingle || task.queue === queue);
    if (!other) return;
    const { task: { kind, by, started_at } } = other;
    const message = `A ${kind} of ${other.task.queue} runs, by ${by} since ${started_at}: wait ` +
      "until it has ended, or cancel it";
    throw new HttpError("conflict", message);
  }

  /** Whoever drops many events has counted them before. */
  #requireDryRun(order: TaskOrder, key: string): void {
    if (order.kind !== "drop" || order.dryRun || (order.expected ?? 0) <= CONFIRMED_UP_TO) return;
    const isCounted = [...this.#entries.values()].some(({ task, key: counted }) =>
      counted === key && task.dry_run && task.state === "done" && task.result &&
      "matched" in task.result && task.result.matched === order.expected
    );
    if (isCounted) return;
    const message = `Dropping ${order.expected} events needs a dry run of the same filter within ` +
      "the hour before that has counted as many: make one, and confirm its number";
    throw new HttpError("conflict", message);
  }

  #forgetOld(): void {
    const over = this.#entries.size - MOST_KEPT;
    for (const [index, [id, entry]] of [...this.#entries].entries()) {
      if (isRunning(entry)) continue;
      const isOld = Date.parse(entry.task.ended_at ?? "") < this.#now() - KEPT_MS;
      if (isOld || index < over) this.#entries.delete(id);
    }
  }
}

function isRunning({ task }: Entry): boolean {
  return task.state === "running";
}

function newTask(order: TaskOrder, by: string, filter: unknown, now: number): Task {
  const isRepair = order.kind !== "scan";
  return {
    id: crypto.randomUUID(),
    queue: order.queue,
    kind: order.kind,
    dry_run: isRepair && order.dryRun,
    by,
    state: "running",
    started_at: isoTime(now),
    ended_at: null,
    progress: null,
    rate: isRepair ? order.rate : null,
    expected: isRepair ? order.expected : null,
    filter: filter ?? null,
    result: null,
    error: null,
  };
}

function endOf({ result, error }: TaskEnd, isCanceled: boolean): Partial<Task> {
  if (error !== undefined) return { state: "failed", result, error };
  const isRepair = "action" in result && !result.dry_run;
  if (result.complete || !(isCanceled || isRepair)) return { state: "done", result };
  if (isCanceled) return { state: "canceled", result };
  return { state: "failed", result, error: stoppedAt(result) };
}

function stoppedAt({ scanned, of }: TaskEnd["result"]): string {
  return `It stopped before its end, at ${scanned} of ${of}; the same again goes on`;
}

/** Which dead letters are meant. */
function keyOf(order: TaskOrder): string {
  if (order.kind === "scan") return "";
  return JSON.stringify([order.kind, order.queue, order.filter, order.contains]);
}

function logStart(order: TaskOrder, by: string): void {
  if (order.kind === "scan" || order.dryRun) return;
  const { kind, expected } = order;
  const message = "{by} began to {kind} at most {expected} dead letters of {queue}";
  logLine("info", message, { by, kind, expected }, { queue: order.queue });
}

function logEnd({ kind, queue, by, state, result, error }: Task): void {
  if (!result || !("action" in result) || result.dry_run) return;
  const { moved, saved } = result;
  const message = error === null
    ? "The {kind} by {by} is {state}: {moved} dead letters of {queue} were moved"
    : "The {kind} by {by} is {state}: {moved} dead letters of {queue} were moved: {error}";
  logLine(error === null ? "info" : "warning", message, { kind, by, state, moved, saved, error }, {
    queue,
  });
}
