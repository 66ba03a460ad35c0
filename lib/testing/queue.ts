/**
 * A queue with a worker, from the first publish to the dead letters, in a time of its own.
 *
 * @module
 */

import { MemoryBroker } from "../engine/broker/memory.ts";
import { Consumer } from "../engine/consumer/consumer.ts";
import type { Entry } from "../engine/consumer/entry.ts";
import { IsolationTurns } from "../engine/consumer/suspects/turns.ts";
import type { ExecutorListener } from "../engine/executor/executor.ts";
import { failedQueueName } from "../engine/settle/retry.ts";
import type { Outcome } from "../engine/settle/outcome.ts";
import type { Worker } from "../worker.ts";
import { FakeClock, requireForwards } from "./clock.ts";
import { TestExecutor } from "./executor.ts";
import { keptLog } from "./logs.ts";
import { TestLoops } from "./loops.ts";
import { type DeadLetter, deadLetter, parsed, type QueueResult, sendTo } from "./queue_events.ts";
import type { LoggedLine, PublishedEvent } from "./results.ts";
import { toJson } from "../json/to_json.ts";
import { refuseOptions } from "./refusals.ts";
import {
  type Send,
  WORKER_TEST_OPTIONS,
  type WorkerTestOptions,
  WorkerUnderTest,
} from "./worker_under_test.ts";

/** How a {@linkcode TestQueue} is run. */
export interface TestQueueOptions extends WorkerTestOptions {
  /** The clock of publishes, waits and retries. @default {a new one} */
  readonly clock?: FakeClock;
}

const QUEUE_OPTIONS = { ...WORKER_TEST_OPTIONS, clock: true } satisfies Record<
  keyof TestQueueOptions,
  true
>;

/** The waits after which events that still wait are taken to wait for ever. */
const MOST_WAITS = 1000;

/**
 * A worker at its queue, on a broker in memory: events are published, run, retried and
 * dead-lettered as by the program, except that waiting for a retry takes no time. So do the waits
 * between passes of `ctx.loop`. Handlers and passes run in real time, and so do their limits (see
 * `maxConsumeSeconds`). A batch is what was published
 * together, up to its size.
 *
 * @example An event that is retried until it is dead-lettered
 * ```ts ignore
 * await using queue = await TestQueue.start(worker);
 * await queue.publish({ name: "Ada" });
 * await queue.settled();
 * assert.deepEqual(queue.results.map(({ delay }) => delay), [5, 60, 300, undefined]);
 * assert.equal((await queue.failed())[0]?.reason, "error");
 * ```
 */
export class TestQueue implements AsyncDisposable {
  /** The clock of publishes, waits and retries. */
  readonly clock: FakeClock;
  /** The broker with the events, also those that the worker published to other queues. */
  readonly broker: MemoryBroker;
  readonly #queue: string;
  readonly #tested: WorkerUnderTest;
  readonly #send: Send;
  readonly #consumer: Consumer;
  readonly #results: QueueResult[] = [];
  #opened: AsyncDisposableStack;
  #loops: TestLoops | undefined;
  #settled = Promise.withResolvers<void>();

  private constructor(tested: WorkerUnderTest, send: Send, around: QueueParts) {
    this.clock = around.clock;
    this.broker = around.broker;
    this.#opened = around.opened;
    this.#queue = tested.description.queue;
    this.#tested = tested;
    this.#send = send;
    this.#consumer = this.#makeConsumer();
    this.#opened.defer(() => this.#consumer.stop(0));
  }

  /**
   * Sets the worker up and lets it consume its queue.
   *
   * @throws {TypeError} When there is no such option.
   * @throws {ConfigError} When a variable of `environment` is wrong, or a setting that the worker
   * requires is not set there.
   * @throws {WorkerDeclarationError} When the worker has an unknown option, or requires a setting
   * that there is not.
   * @throws {RangeError} When the worker declares an impossible number.
   * @throws {Error} The error of the worker's `setup`.
   */
  static async start(worker: Worker, options: TestQueueOptions = {}): Promise<TestQueue> {
    refuseOptions("TestQueue", options, QUEUE_OPTIONS);
    const { clock = new FakeClock() } = options;
    await using opened = new AsyncDisposableStack();
    const broker = opened.use(new MemoryBroker({ clock }));
    const send = sendTo(broker, clock);
    const tested = opened.use(await WorkerUnderTest.open(worker, options, send));
    const queue = new TestQueue(tested, send, { broker, clock, opened });
    await queue.#consumer.start();
    const log = keptLog(tested.logs, worker.queue);
    queue.#loops = opened.use(new TestLoops({ tested, clock, log }));
    queue.#opened = opened.move();
    return queue;
  }

  /** The runs that have ended, in their order. */
  get results(): readonly QueueResult[] {
    return this.#results;
  }

  /** The events that the worker published, in order. */
  get published(): readonly PublishedEvent[] {
    return this.#tested.published;
  }

  /** The lines that the worker logged, in order, also in `setup`. */
  get logs(): readonly LoggedLine[] {
    return this.#tested.logs;
  }

  /**
   * Publishes events to the queue, together.
   *
   * @param events Anything that can be written as JSON.
   * @throws {TypeError} When an event cannot be written as JSON.
   */
  async publish(...events: unknown[]): Promise<void> {
    const bodies = events.map((event) => toJson(event));
    this.#setTime();
    await Promise.all(bodies.map((body) => this.#send(this.#queue, body)));
  }

  /** What the queue waits for, where the worker has paused it by `PauseQueue`. */
  get waitingFor(): string | undefined {
    return this.#consumer.waitingFor;
  }

  /**
   * Resolves when nothing runs and nothing is about to; events may wait for their retry or for the end
   * of a pause, and loops for their next pass.
   */
  async idle(): Promise<void> {
    while (true) {
      await this.#loops?.idle();
      const settled = this.#settled.promise;
      const isIdle = await this.#isIdle();
      if (isIdle && this.#loops?.isIdle !== false) return;
      if (!isIdle) await settled;
    }
  }

  /**
   * Moves the clock on by `ms`. Events whose retry is due on the way run, each at its time, and so do
   * the passes of loops; a pause that is over ends.
   *
   * @throws {RangeError} When `ms` is less than 0 or not a number.
   */
  async advance(ms: number): Promise<void> {
    requireForwards(ms);
    const end = this.clock.now() + ms;
    await this.idle();
    while (this.clock.next !== undefined && this.clock.next <= end) {
      await this.#toNext();
    }
    this.clock.advance(Math.max(end - this.clock.now(), 0));
  }

  /**
   * Resolves when every event is done or dead-lettered; moves the clock on from one retry, or end of
   * a pause, to the next.
   *
   * @throws {Error} When events still wait after 1000 waits.
   */
  async settled(): Promise<void> {
    await this.idle();
    for (let waits = 0; this.#consumer.isWaiting || await this.waiting() > 0;) {
      if (waits === MOST_WAITS) throw new Error(this.#waitsForEver());
      const { length } = this.#results;
      await this.#toNext();
      // A pass of a loop is no wait of an event.
      if (this.#results.length > length) waits++;
    }
  }

  /** How many events wait for their retry. */
  async waiting(): Promise<number> {
    return await this.broker.waiting(this.#queue);
  }

  /** The dead letters, in order. */
  async failed(): Promise<DeadLetter[]> {
    return (await this.broker.peek(failedQueueName(this.#queue), Infinity)).map(deadLetter);
  }

  /** Stops the worker and disposes of the result of its `setup`. All events are lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #isIdle(): Promise<boolean> {
    const depth = this.broker.depth(this.#queue);
    const { inFlight } = this.#consumer;
    const ready = (await depth)?.ready;
    return inFlight === 0 && (ready === 0 || this.#consumer.isWaiting);
  }

  async #toNext(): Promise<void> {
    this.clock.advance(Math.max((this.clock.next ?? 0) - this.clock.now(), 0));
    this.#setTime();
    await this.idle();
  }

  /** The consumer takes the time of day from the system, and adds the time of this clock. */
  #setTime(): void {
    this.#consumer.sweep(performance.now() + Date.now() - this.clock.now());
  }

  #waitsForEver(): string {
    const { delay, reason, outcome } = this.#results.at(-1) ?? {};
    return `Events of ${this.#queue} still wait after ${MOST_WAITS} retries or pauses (the last: ${
      reason ?? outcome
    }, ` +
      `after ${delay} s): use advance, or let the handler give up`;
  }

  #makeConsumer(): Consumer {
    const { limits, stateDir } = this.#tested.config;
    return new Consumer({
      queue: this.#queue,
      broker: this.broker,
      limits,
      stateDir,
      turns: new IsolationTurns(),
      after: (ms, run) => this.clock.after(ms, run),
      report: ({ kind }) => {
        if (kind === "settled") this.#wake();
      },
      onEnd: () => {},
      createExecutor: (listener) => this.#opened.use(this.#makeExecutor(listener)),
    });
  }

  #makeExecutor(listener: ExecutorListener<Entry>): TestExecutor<Entry> {
    return new TestExecutor((...run) => this.#tested.runOptions(...run), {
      onStart: (jobs) => listener.onStart(jobs),
      onOutcome: (job, outcome, time) => {
        this.#results.push(this.#resultOf(job, outcome));
        listener.onOutcome(job, outcome, time);
      },
    });
  }

  #resultOf(entry: Entry, outcome: Outcome): QueueResult {
    const { crashes, firstFailedAt } = entry;
    const failingMs = firstFailedAt > 0 ? this.clock.now() - firstFailedAt : 0;
    return {
      event: parsed(entry.body),
      messageId: entry.id,
      at: this.clock.now(),
      ...this.#tested.outcomeOf(entry, outcome, { crashes, failingMs }),
    };
  }

  #wake(): void {
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }
}

/** The parts of a queue. */
interface QueueParts {
  readonly broker: MemoryBroker;
  readonly clock: FakeClock;
  /** Disposed of with the queue. */
  readonly opened: AsyncDisposableStack;
}
