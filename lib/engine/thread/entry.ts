/**
 * The program of a worker's thread: loads the worker, runs its events, answers. It knows no broker.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { errorData } from "../../errors/error_data.ts";
import { setLogLevel } from "../../log/log.ts";
import { within } from "../../system/deadline.ts";
import { IdleCollection } from "../../system/idle_collection.ts";
import { Lateness } from "../../system/lateness.ts";
import type { LocalExecutor } from "../executor/local_executor.ts";
import { isAlone, jobsIn, sentAt, type ThreadJob } from "./jobs_message.ts";
import { holdLivenessLock } from "./liveness_lock.ts";
import type { FromThread, JobsMessage, ThreadData, ToThread } from "./messages.ts";
import { sayPasses } from "./passes.ts";
import { Publisher } from "./publisher.ts";
import { Pulse } from "./pulse.ts";
import { ResultWriter } from "./result_writer.ts";
import { SharedRuns } from "./shared_runs.ts";
import { InnerThreads } from "./inner_threads.ts";
import { beat, handLinesOver, holdWebLock } from "./surroundings.ts";
import { UnhandledErrors } from "./unhandled_errors.ts";
import { WorkerHost } from "../host/host.ts";
import type { Loops } from "../host/loops.ts";
import { LineRing } from "../../log/line_ring.ts";

/** How long aborted passes of loops have to end before what the worker opened is closed, in ms. */
const LOOPS_MS = 1000;

/** What a thread has; it has no `self`. */
declare const globalThis: {
  postMessage(message: FromThread): void;
  addEventListener: typeof addEventListener;
};

/** Exported so that the garbage collector keeps it: it would close the file. */
export let livenessLock: Deno.FsFile | undefined;

type SetupMessage = Extract<ToThread, readonly ["setup", ...unknown[]]>;

const say = globalThis.postMessage.bind(globalThis);

/** What there is once the worker is set up. */
interface Running {
  readonly results: ResultWriter;
  readonly executor: LocalExecutor<ThreadJob>;
  readonly loops: Loops;
}

/** The thread. */
class Thread {
  readonly #data: ThreadData;
  readonly #unhandledErrors: UnhandledErrors;
  readonly #pulse: Pulse;
  readonly #publisher = new Publisher(say);
  readonly #lateness = new Lateness();
  readonly #collection = new IdleCollection();
  /** The threads that the worker starts. */
  readonly inner: InnerThreads;
  #host: WorkerHost | undefined;
  #running: Running | undefined;
  /** Whether the last job that came must run alone. */
  #isAlone = false;
  /** How often jobs came. */
  #received = 0;

  constructor(data: ThreadData, pulse: Pulse, unhandledErrors: UnhandledErrors, lines: LineRing) {
    this.#data = data;
    this.inner = new InnerThreads({ ...data, outputOf: (fd) => lines.output(fd) });
    this.#pulse = pulse;
    this.#unhandledErrors = unhandledErrors;
  }

  /** Loads the worker. */
  async load(): Promise<void> {
    const { file, queue, workerNum, config } = this.#data;
    const { publish } = this.#publisher;
    const options = { queue, workerNum, config, publish, threads: this.inner };
    this.#host = await WorkerHost.load(file, options);
    const { description, isActive, isMisplaced } = this.#host;
    say(["described", { description, isActive, isMisplaced }]);
  }

  take(message: ToThread): void {
    switch (message[0]) {
      case "jobs":
        return this.#run(message);
      case "setup":
        return void this.#setup(message).catch(sayFailed);
      case "recall":
        return this.#recall(message[1]);
      case "loops":
        return this.#running?.loops.start();
      case "stop loops":
        return void this.#running?.loops.stop();
      case "stop":
        return void this.#stop(message[1]);
      case "close":
        return void this.#close();
      case "log level":
        return setLogLevel(message[1]);
      case "published":
        return this.#publisher.published(message[1], message[2]);
    }
  }

  /**
   * Checks limits of time, and announces results. Called a few times a second. Where a call comes
   * late the thread cannot know why: the main thread says so before the next one.
   *
   * @param now `performance.now()` @param heapMb The heap in use, in MB.
   */
  sweep(now: number, heapMb: number): void {
    const isLate = this.#lateness.sweep(now) > 0;
    if (!isLate) this.#running?.executor.sweep(now, this.#pulse.takeStoppedMs());
    this.#running?.results.flush(now);
    this.#unhandledErrors.sweep();
    this.#collection.sweep(now, this.#activity, heapMb);
  }

  /** How often jobs came, while none runs. */
  get #activity(): number | "busy" {
    return this.#running?.executor.running().length === 0 ? this.#received : "busy";
  }

  async #setup([_kind, mainNow, memory, description]: SetupMessage): Promise<void> {
    const host = this.#host;
    if (!host) return;
    const offset = mainNow - performance.now();
    const results = new ResultWriter(new SharedRuns(memory), say, offset);
    await host.setup();
    const executor = host.executor<ThreadJob>({ listener: results, probe: results, description });
    const loops = host.loops({
      listener: sayPasses(say),
      mayBegin: () => !this.#isAlone || executor.running().length === 0,
    });
    this.#running = { results, executor, loops };
    say(["ready"]);
  }

  #run(message: JobsMessage): void {
    if (!this.#running) return;
    const { results, executor } = this.#running;
    this.#received++;
    const now = performance.now();
    results.adjustClock(sentAt(message), now);
    this.#isAlone = isAlone(message);
    executor.run(jobsIn(message, now, results.offset));
  }

  /** @param receivedBefore By the main thread's clock. */
  #recall(receivedBefore: number): void {
    this.#running?.executor.recall(receivedBefore - this.#running.results.offset);
  }

  async #stop(graceMs: number): Promise<void> {
    if (!this.#running) return;
    const { results, executor, loops } = this.#running;
    void loops.stop();
    await executor.stop(graceMs);
    results.flush(performance.now());
    say(["stopped"]);
  }

  async #close(): Promise<void> {
    try {
      if (this.#running) await within(LOOPS_MS, this.#running.loops.stop());
      await this.#host?.close();
    } catch (error) {
      this.#unhandledErrors.take(error);
    }
    this.#unhandledErrors.sweep();
    say(["closed"]);
  }
}

function sayFailed(error: unknown): void {
  say(["failed", errorData(error)]);
}

/** This thread as the system knows it: a runtime without Web Locks cannot try a file's lock either. */
async function task(): Promise<string> {
  const { ownTask } = await import("./proc_task.ts");
  return ownTask() ?? "";
}

async function main(data: ThreadData): Promise<void> {
  const hasLocks = await holdWebLock();
  try {
    livenessLock = holdLivenessLock(data.livenessLock);
  } catch (error) {
    // The main thread may have stopped this one before it began. An error here would end the process.
    return sayFailed(error);
  }
  const unhandledErrors = new UnhandledErrors(say);
  unhandledErrors.listen();
  const lines = new LineRing(data.lines);
  handLinesOver(lines, data.config.log);
  const pulse = new Pulse(data.pulse);
  const thread = new Thread(data, pulse, unhandledErrors, lines);
  // Not `onmessage`, which a worker or a library may set: this costs the same, and stays.
  globalThis.addEventListener("message", (event) => {
    thread.take((event as MessageEvent<ToThread>).data);
  });
  beat(pulse, {
    sweep: (now, heapMb) => thread.sweep(now, heapMb),
    onHeapFull: () => say(["heap full"]),
    moreHeapMb: () => thread.inner.heapMb,
  });
  say(["started", hasLocks ? "" : await task()]);
  // Not awaited: a runtime that is ended while its program still starts leaks memory.
  void thread.load().catch(sayFailed);
}

await main(workerData as ThreadData);
