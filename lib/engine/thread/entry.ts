/**
 * The program of a worker's thread: loads the worker, runs its events, answers. It knows no broker.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { getHeapStatistics } from "node:v8";
import { errorData } from "../../errors/error_data.ts";
import type { Outcome } from "../settle/outcome.ts";
import type { ExecutorListener, Job } from "../executor/executor.ts";
import { Lateness } from "../../system/lateness.ts";
import type { LocalExecutor } from "../executor/local_executor.ts";
import type { RunProbe } from "../executor/runs.ts";
import type { FromThread, JobsMessage, ThreadData, ToThread } from "./messages.ts";
import { Publisher } from "./publisher.ts";
import { Pulse } from "./pulse.ts";
import { SharedRuns } from "./shared_runs.ts";
import { Strays } from "./unhandled_errors.ts";
import { WorkerHost } from "../host/host.ts";
import { writeThreadLog } from "../../log/log.ts";

/** How often the thread looks after its limits of time and its heap, in ms. */
const BEAT_MS = 250;
/** What has finished is said after so many ms, though others still run. */
const ANSWER_MS = 5;

/** What a thread has, and `self` is not among it. */
declare const globalThis: {
  postMessage(message: FromThread): void;
  addEventListener: typeof addEventListener;
};

/** Kept from the garbage collector, which would close it. */
export let life: Deno.FsFile | undefined;

type SetupMessage = Extract<ToThread, readonly ["setup", ...unknown[]]>;

interface ThreadJob extends Job {
  readonly seq: number;
  cell: number;
}

const say = globalThis.postMessage.bind(globalThis);

/** Tells the main thread what runs and what became of it. */
class Answers implements ExecutorListener<ThreadJob>, RunProbe<ThreadJob> {
  readonly #shared: SharedRuns;
  readonly #free: number[];
  #isUnsaid = false;
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What turns this thread's clock into the main thread's. */
  offset = -Infinity;

  constructor(shared: SharedRuns) {
    this.#shared = shared;
    this.#free = Array.from({ length: shared.memory.running }, (_, cell) => cell);
  }

  on(job: ThreadJob, since: number): void {
    if (job.cell >= 0) return;
    job.cell = this.#free.pop() ?? -1;
    if (job.cell >= 0) this.#shared.start(job.cell, job.seq, since + this.offset);
  }

  off(job: ThreadJob): void {
    if (job.cell < 0) return;
    this.#shared.end(job.cell);
    this.#free.push(job.cell);
    job.cell = -1;
  }

  /** The main thread knows what it gave. */
  onStart(jobs: readonly ThreadJob[]): void {
    if (jobs.length === 0) this.say(performance.now());
  }

  onOutcome({ seq }: ThreadJob, outcome: Outcome, startedAt: number, runMs: number): void {
    if (outcome.kind === "done") this.#shared.finish(seq, startedAt + this.offset, runMs);
    else say(["outcome", seq, outcome, startedAt + this.offset, runMs]);
    this.#isUnsaid = true;
    const now = startedAt + runMs;
    if (now - this.#saidAt > ANSWER_MS) this.say(now);
    else this.#timer ??= setTimeout(() => this.#sayLater(), ANSWER_MS);
  }

  /** The main thread gives nothing more to one that has not answered. */
  #sayLater(): void {
    this.#timer = undefined;
    this.say(performance.now());
  }

  /** Says that jobs went well, if any did. */
  say(now: number): void {
    this.#saidAt = now;
    if (!this.#isUnsaid) return;
    this.#isUnsaid = false;
    say(0);
  }
}

/** The thread. */
class Thread {
  readonly #data: ThreadData;
  readonly #strays: Strays;
  readonly #pulse: Pulse;
  readonly #publisher = new Publisher(say);
  readonly #lateness = new Lateness();
  #host: WorkerHost | undefined;
  #answers: Answers | undefined;
  #executor: LocalExecutor<ThreadJob> | undefined;

  constructor(data: ThreadData, pulse: Pulse, strays: Strays) {
    this.#data = data;
    this.#pulse = pulse;
    this.#strays = strays;
  }

  /** Loads the worker. */
  async load(): Promise<void> {
    const { file, queue, workerNum, config } = this.#data;
    const { publish } = this.#publisher;
    this.#host = await WorkerHost.load(file, { queue, workerNum, config, publish });
    say(["described", this.#host.description, this.#host.isActive]);
  }

  take(message: ToThread): void {
    switch (message[0]) {
      case "jobs":
        return this.#run(message);
      case "setup":
        return void this.#setup(message).catch(sayFailed);
      case "recall":
        return this.#executor?.recall(message[1] - (this.#answers?.offset ?? 0));
      case "stop":
        return void this.#executor?.stop(message[1]).then(() => this.#stopped());
      case "close":
        return void this.#close();
      case "published":
        return this.#publisher.published(message[1], message[2]);
    }
  }

  /**
   * Looks after limits of time, and says what is not said yet; called a few times a second. Where
   * that comes late it cannot know why: the main thread says so until the next time.
   */
  sweep(now: number): void {
    const isLate = this.#lateness.sweep(now) > 0;
    if (!isLate) this.#executor?.sweep(now, this.#pulse.takeStoppedMs());
    this.#answers?.say(now);
    this.#strays.sweep();
  }

  async #setup([_kind, mainNow, memory, description]: SetupMessage): Promise<void> {
    const answers = this.#answers = new Answers(new SharedRuns(memory));
    answers.offset = mainNow - performance.now();
    await this.#host?.setup();
    this.#executor = this.#host?.executor({ listener: answers, probe: answers, description });
    say(["ready"]);
  }

  #run(message: JobsMessage): void {
    const [_kind, sentAt, seqs, bodies, ids, attempts, published, publishedLater, ...rest] =
      message;
    const [receivedAt, alone] = rest;
    const now = performance.now();
    const answers = this.#answers;
    if (!answers) return;
    // A message takes its time, so the greatest difference is the truest.
    answers.offset = Math.max(answers.offset, sentAt - now);
    const isTimed = receivedAt.length > 0;
    const jobs: ThreadJob[] = [];
    for (let i = 0; i < seqs.length; i++) {
      jobs.push({
        id: ids[i] as string,
        body: bodies[i] as string,
        attempt: attempts[i] ?? 1,
        publishedAt: published + (publishedLater[i] as number),
        receivedAt: isTimed ? receivedAt[i] as number - answers.offset : now,
        alone,
        seq: seqs[i] as number,
        cell: -1,
      });
    }
    this.#executor?.run(jobs);
  }

  #stopped(): void {
    this.#answers?.say(performance.now());
    say(["stopped"]);
  }

  async #close(): Promise<void> {
    try {
      await this.#host?.close();
    } catch (error) {
      this.#strays.take(error);
    }
    this.#strays.sweep();
    say(["closed"]);
  }
}

function sayFailed(error: unknown): void {
  say(["failed", errorData(error)]);
}

/** What is used of the Web Locks API, which Deno's types leave out. */
interface Locks {
  request(name: string, granted: () => Promise<never>): Promise<never>;
}

/** A thread that holds a lock is stopped whatever it does. @returns Whether there are locks. */
async function holdLock(): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: Locks };
  if (!locks) return false;
  const granted = Promise.withResolvers<void>();
  void locks.request(`process-queue thread ${crypto.randomUUID()}`, () => {
    granted.resolve();
    return new Promise(() => {});
  });
  await granted.promise;
  return true;
}

/** Holds the lock of a file for as long as this thread lives. */
function holdLife(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { write: true });
  file.lockSync(true);
  return file;
}

/** What this thread is to the system: who has no Web Locks cannot try a file's lock either. */
async function task(): Promise<string> {
  const { ownTask } = await import("./proc_task.ts");
  return ownTask() ?? "";
}

/** Beats, and tells when the heap has been used up: the runtime then gives some more, once. */
function beat(pulse: Pulse, sweep: (now: number) => void): void {
  const beatOnce = () => {
    const { heap_size_limit, used_heap_size } = getHeapStatistics();
    pulse.beat(Math.round(used_heap_size / 1e6));
    return heap_size_limit;
  };
  const limit = beatOnce();
  const timer = setInterval(() => {
    if (beatOnce() <= limit) return sweep(performance.now());
    clearInterval(timer);
    pulse.heapFull();
    say(["heap full"]);
  }, BEAT_MS);
}

function listenToStrayErrors(): Strays {
  const strays = new Strays(say);
  const take = (event: Event, error: unknown) => {
    event.preventDefault();
    strays.take(error);
  };
  globalThis.addEventListener("error", (event) => take(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => take(event, event.reason));
  return strays;
}

async function main(data: ThreadData): Promise<void> {
  const canBeStopped = await holdLock();
  life = holdLife(data.lifeFile);
  const strays = listenToStrayErrors();
  writeThreadLog(data.config.log);
  const pulse = new Pulse(data.pulse);
  const thread = new Thread(data, pulse, strays);
  // Not `onmessage`, which a worker or a library may set: this costs the same, and stays.
  globalThis.addEventListener("message", (event) => {
    thread.take((event as MessageEvent<ToThread>).data);
  });
  beat(pulse, (now) => thread.sweep(now));
  say(["born", canBeStopped, canBeStopped ? "" : await task()]);
  // Not waited for: a runtime that is ended while its program still begins leaves memory behind.
  void thread.load().catch(sayFailed);
}

await main(workerData as ThreadData);
