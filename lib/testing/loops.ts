/**
 * The loops of a worker under test, by the clock of the test; or one pass of one of them.
 *
 * @module
 */

import type { BrokerClock } from "../engine/broker/memory.ts";
import { type LoopListener, Loops, runPass } from "../engine/host/loops.ts";
import type { ErrorData } from "../errors/error_data.ts";
import { within } from "../system/deadline.ts";
import type { Worker, WorkerLog } from "../worker.ts";
import { refuseOptions } from "./refusals.ts";
import type { Recorded } from "./results.ts";
import { type WorkerTestOptions, WorkerUnderTest } from "./worker_under_test.ts";

/** How a pass is run by {@linkcode runLoop}. */
export interface RunLoopOptions extends Omit<WorkerTestOptions, "maxConsumeSeconds"> {
  /** Seconds that the pass may take, in place of the loop's own. */
  readonly maxSeconds?: number;
  /** Stops the worker when it is aborted, and the pass with it. */
  readonly stop?: AbortSignal;
}

const LOOP_OPTIONS = {
  environment: true,
  database: true,
  maxSeconds: true,
  stop: true,
} satisfies Record<keyof RunLoopOptions, true>;

/** The result of a pass. */
export interface LoopResult extends Recorded {
  /** Whether the next pass would follow at once: it returned `true`. */
  readonly hasMore: boolean;
}

/**
 * Runs one pass of a loop that the worker declares by `ctx.loop`. `setup` runs before, and its
 * result is disposed of after.
 *
 * @param name The loop's name.
 * @throws {TypeError} When there is no such option.
 * @throws {RangeError} When the worker declares no such loop.
 * @throws What the pass throws, an error named LoopTimeoutError when it takes too long, and what
 * `setup` throws.
 */
export async function runLoop(
  worker: Worker,
  name: string,
  options: RunLoopOptions = {},
): Promise<LoopResult> {
  refuseOptions("runLoop", options, LOOP_OPTIONS);
  await using tested = await WorkerUnderTest.open(worker, options);
  const loop = tested.loops.find((one) => one.name === name);
  if (!loop) {
    const names = tested.loops.map((one) => one.name);
    const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
    throw new RangeError(`The worker of ${worker.queue} has no loop ${name}: ${known}`);
  }
  const { maxSeconds = loop.maxSeconds, stop } = options;
  const hasMore = await runPass({ ...loop, maxSeconds }, worker.queue, stop);
  return { hasMore, published: tested.published, logs: tested.logs };
}

/** How long aborted passes have to end, in ms. */
const STOP_MS = 1000;

/** What {@linkcode TestLoops} are made of. */
export interface TestLoopsOptions {
  readonly tested: Pick<WorkerUnderTest, "loops" | "description">;
  readonly clock: BrokerClock;
  /** Takes a line when a pass fails. */
  readonly log: WorkerLog;
}

/** Runs the loops of a worker. Passes take real time, and the waits between them the clock's. */
export class TestLoops implements AsyncDisposable {
  readonly #loops: Loops;
  readonly #log: WorkerLog;
  /** How many loops run a pass, or are about to. */
  #active: number;
  #idle = Promise.withResolvers<void>();

  /** Begins the first pass of each. */
  constructor({ tested: { loops, description }, clock, log }: TestLoopsOptions) {
    this.#log = log;
    this.#active = loops.length;
    this.#loops = new Loops(loops, {
      queue: description.queue,
      listener: this.#listener,
      after: (ms, run) => this.#wait(clock, ms, run),
    });
    this.#loops.start();
  }

  /** Whether every loop waits for its next pass. */
  get isIdle(): boolean {
    return this.#active === 0;
  }

  /** Resolves when every loop waits for its next pass. */
  async idle(): Promise<void> {
    while (!this.isIdle) await this.#idle.promise;
  }

  /** Stops them. A pass that ignores its signal goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await within(STOP_MS, this.#loops.stop());
  }

  get #listener(): LoopListener {
    const failed = (loop: string, { name, message }: ErrorData) =>
      this.#log.error("The loop {loop} failed: {reason}", { loop, reason: `${name}: ${message}` });
    return { began() {}, ended() {}, failed };
  }

  #wait(clock: BrokerClock, ms: number, run: () => void): () => void {
    this.#active--;
    if (this.isIdle) {
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
    }
    return clock.after(ms, () => {
      this.#active++;
      run();
    });
  }
}
