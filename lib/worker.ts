/**
 * What the author of a worker imports, as `process-queue/worker`.
 *
 * A worker is one file, `workers/<queue>.ts`, whose default export is made by
 * {@linkcode defineWorker}. It never touches the broker: what its handler
 * returns or throws decides what becomes of the event.
 *
 * @module
 */

import { z } from "zod";
import type { Config } from "./config/config.ts";
import type { Database } from "./domain/database/database.ts";
import type { InnerThread, InnerThreadOptions } from "./worker/inner_thread.ts";
import type { LoopOptions } from "./worker/loop.ts";
import type { WorkerLog } from "./worker/log.ts";

export {
  DatabaseError,
  type DatabaseErrorKind,
  isDatabaseLost,
} from "./domain/database/database_error.ts";
export { toJson } from "./json/to_json.ts";
export { BatchError, Discard, Fail, PauseQueue, RetryLater } from "./worker/errors.ts";
export {
  type InnerContext,
  type InnerFunction,
  type InnerRunOptions,
  type InnerThread,
  InnerThreadEnded,
  type InnerThreadOptions,
} from "./worker/inner_thread.ts";
export type { LoopOptions } from "./worker/loop.ts";
export type { WorkerLog } from "./worker/log.ts";

/** The event a handler works on, apart from its body. */
export interface EventInfo {
  /**
   * The event's `message_id`. Where its publisher set none, as Zulip's do, the event has got one that
   * all its attempts share. Only when it is redelivered after a crash, before any retry, is it
   * another.
   */
  readonly id: string;
  /** 1 for the first run; a release by a stopping process is not counted. */
  readonly attempt: number;
  /**
   * When it was published, in ms since 1970. When the publisher did not say: absent at the first run,
   * and the time of the first failure after it.
   */
  readonly publishedAt: number | undefined;
  /**
   * When an operator last put it back by `failed retry`, in ms since 1970. Its attempts count from 1
   * since then.
   */
  readonly retriedAt: number | undefined;
}

/** How an event is published. */
export interface PublishOptions {
  /**
   * Its `message_id`: the same for the same event, so that a second publish is known as one. From 1
   * to 255 bytes of UTF-8. @default {a UUID}
   */
  readonly id?: string | undefined;
}

/** What `setup` gets, and the part of every handler's context that does not change. */
export interface WorkerContext {
  /** The queue that is consumed; with shards, the shard's name. */
  readonly queue: string;
  /** The number given by `--worker_num`, 0 by default. */
  readonly workerNum: number;
  /** The program's configuration. */
  readonly config: Config;
  /** Log lines that carry the queue. */
  readonly log: WorkerLog;
  /**
   * This run of the worker, in this thread: the owner of its records. A restart makes another.
   */
  readonly owner: string;
  /**
   * Publishes one event to another queue; resolves when the broker has confirmed it. The event is
   * written by {@linkcode toJson}.
   *
   * @throws {TypeError} When JSON would change the event; the message says where.
   * @throws {RangeError} When its id cannot be a `message_id`.
   * @throws {BrokerError} When it could not be confirmed in time.
   */
  publish(queue: string, event: unknown, options?: PublishOptions): Promise<void>;
  /**
   * The database of `DATABASE_URL`: opened at the first call, closed when the worker stops.
   *
   * @throws {DatabaseError} When it cannot be reached or lacks its tables.
   */
  database(): Promise<Database>;
  /**
   * Declares a loop, whose passes run beside the events, from the moment the worker is ready until
   * it stops. Only in `setup`.
   *
   * @throws {WorkerDeclarationError} Elsewhere; or when an option is wrong, or the name is taken.
   */
  loop(options: LoopOptions): void;
  /**
   * Starts a thread of the worker's own, for work that computes or that may have to be ended. It ends
   * with the worker.
   *
   * @param module Its module, whose default export is a function like {@linkcode InnerFunction}. A
   * text is relative to the worker's file. The binary takes plain JavaScript.
   * @throws {InnerThreadEnded} When the module does not load.
   */
  thread(module: string | URL, options?: InnerThreadOptions): Promise<InnerThread>;
}

/** What a handler gets beside its event. */
export interface Context extends WorkerContext {
  /** Aborted when the event has run for `maxConsumeSeconds`, or when a stop can wait no longer. */
  readonly signal: AbortSignal;
  /** The event; for a batch, its first one. */
  readonly event: EventInfo;
  /** Adds plain data to what is logged and sent to Sentry should this run fail. */
  report(tags: Record<string, string>, breadcrumb?: string): void;
}

/** What a handler of batches gets beside its events. */
export interface BatchContext extends Context {
  /** One for each event, in their order. */
  readonly events: readonly EventInfo[];
}

/** The parts of a worker that do not depend on how it takes its events. */
export interface WorkerOptions<Event> {
  /** The queue's name; the file must have the same. */
  readonly queue: string;
  /** The shape of an event. A body that does not fit is dead-lettered at once and never retried. */
  readonly event: z.ZodType<Event>;
  /** Test queues are left out of `--all`. @default {false} */
  readonly isTestQueue?: boolean;
  /** Whether the queue is active under this configuration. @default {() => true} */
  enabled?(config: Config): boolean;
  /**
   * How many events may be taken from the broker and not settled yet. 500 suits handlers of a few
   * milliseconds. @default {100, or 2 × concurrency + 8 when concurrency is over 1}
   */
  readonly prefetch?: number;
  /** How many events run at once. @default {1} */
  readonly concurrency?: number;
  /**
   * With `concurrency` over 1: events of one key run one after another, in their order; an event
   * that is retried comes behind those that followed it.
   */
  orderBy?(event: Event): string | number | bigint;
  /** Seconds one call of the handler may take; `null` for no limit. @default {30} */
  readonly maxConsumeSeconds?: number | null;
  /** Heap of the worker's thread in MB; without effect in the main thread. @default {256} */
  readonly maxHeapMb?: number;
  /**
   * Seconds to wait before each further attempt, so count and schedule in one; rounded up to the
   * ladder of retry queues. After the last the event is dead-lettered. @default {[5, 60, 300]}
   */
  readonly retries?: readonly number[];
  /**
   * Paths within an event whose values are never shown, such as `to_emails` or `context.*_url`. Names
   * are separated by dots, and `*` stands for any characters of one name. The elements of a list count
   * as the list. What a path reaches is masked with everything below it. @default {[]}
   */
  readonly secrets?: readonly string[];
  /**
   * Settings of the program without which the worker cannot run, such as `EMAIL_HOST`. Where one is
   * not set, or set to nothing, `--all` leaves the queue out, and `--queue_name` and
   * `--multi_threaded` end with 1. @default {[]}
   */
  readonly requires?: readonly string[];
  /**
   * Whether it must not run on the database of a Zulip server, but only on one whose tables this
   * program made; a function says it for a configuration. On a Zulip server's, `--all` leaves the
   * queue out, and `--queue_name` and `--multi_threaded` end with 1. @default {false}
   */
  readonly ownDatabaseOnly?: boolean | ((config: Config) => boolean);
  /**
   * Seconds that an event may wait by `RetryLater({ counts: false })`, from its first failure. One
   * that throws it after that is dead-lettered with the last message (reason `waited too long`). The
   * first failure is the first error or RetryLater since it was published, or put back by an
   * operator. A {@linkcode PauseQueue} is none. `null`: for ever. @default {null}
   */
  readonly patienceSeconds?: number | null;
  /** Which of the `<QUEUE>_SHARDS` shards, counted from 1, an event belongs to. */
  shard?(event: Event, shards: number): number;
  /** Opens what the worker needs; what it returns is disposed of when the worker stops. */
  setup?(
    ctx: WorkerContext,
  ): AsyncDisposable | Disposable | void | Promise<AsyncDisposable | Disposable | void>;
}

/** A worker that takes events one by one. */
export interface SingleWorker<Event> extends WorkerOptions<Event> {
  /**
   * Handles one event. Returning is success. It may throw {@linkcode RetryLater},
   * {@linkcode PauseQueue}, {@linkcode Discard} or {@linkcode Fail}; after any other error the event
   * is retried by `retries` and then dead-lettered.
   */
  consume(event: Event, ctx: Context): Promise<void> | void;
}

/** A worker that takes events in batches. */
export interface BatchWorker<Event> extends WorkerOptions<Event> {
  /** A batch is handed over at `size` events, or `seconds` after its first one came. */
  readonly batch: { readonly size: number; readonly seconds: number };
  /**
   * Handles a batch: all or nothing, or {@linkcode BatchError} with an outcome per event.
   * RetryLater, PauseQueue, Discard and Fail hold for every event of the batch. After any other
   * error the events are run again one by one, so what an attempt did before it threw must not count.
   */
  consumeBatch(events: Event[], ctx: BatchContext): Promise<void> | void;
}

/** A worker as {@linkcode defineWorker} returns it. */
export type Worker<Event = unknown> = SingleWorker<Event> | BatchWorker<Event>;

/**
 * Declares a worker; its handler's events are typed by the schema.
 *
 * @example A worker of one's own
 * ```ts ignore
 * import { defineWorker } from "process-queue/worker";
 * import { z } from "zod";
 *
 * export default defineWorker({
 *   queue: "greetings",
 *   event: z.object({ name: z.string() }),
 *   consume(event, ctx) {
 *     ctx.log.info("Hello {name}", { name: event.name });
 *   },
 * });
 * ```
 */
export function defineWorker<Event, Input = unknown>(
  worker: SingleWorker<Event> & Takes<Event, Input>,
): Worker<Event> & Takes<Event, Input>;
export function defineWorker<Event, Input = unknown>(
  worker: BatchWorker<Event> & Takes<Event, Input>,
): Worker<Event> & Takes<Event, Input>;
export function defineWorker<Event>(worker: Worker<Event>): Worker<Event> {
  return worker;
}

/** A worker whose schema says what its publishers give. */
export interface Takes<Event, Input> {
  /** The schema of an event: it takes `Input` and makes `Event` of it. */
  readonly event: z.ZodType<Event, Input>;
}

/**
 * A whole number of any size, as a bigint. `z.bigint()` takes the same events, but has to look twice
 * at those with a small number; a parser other than this program's gives it no small numbers at all.
 *
 * @example
 * ```ts ignore
 * event: z.object({ message_id: exactInteger() })
 * ```
 */
export function exactInteger(): z.ZodType<bigint> {
  return z.preprocess((value) => Number.isSafeInteger(value) ? BigInt(Number(value)) : value, BIG);
}

const BIG = z.bigint();
