/**
 * The work of the dashboard on events: looks at dead letters, repairs them, and peeks at queues. It
 * has a connection of its own, which is made when something is asked, and lives in a thread of its
 * own: see `desk_thread.ts`.
 *
 * @module
 */

import { NO_FILTER } from "../../command_line/failed_filter.ts";
import type { Config } from "../../config/config.ts";
import type { Broker, StoredEvent } from "../../engine/broker/broker.ts";
import type { SiftProgress } from "../../engine/broker/sift.ts";
import { EventSecrets } from "../../engine/settle/event_secrets.ts";
import { failedQueueName } from "../../engine/settle/retry.ts";
import { matcherOf } from "../../operations/failed/filter.ts";
import { listedLine, listEvents } from "../../operations/failed/list.ts";
import { carryOutRepair, countRepair } from "../../operations/failed/repair.ts";
import { containing, type FailedPage, Scan } from "../../operations/failed/scan.ts";
import { type FailedEvent, shownEvent } from "../../operations/failed/shown.ts";
import type { RepairOrder, ScanOrder, TaskEnd } from "../../operations/failed/task.ts";
import { raw, secretsView, shape, type View } from "../../operations/failed/view.ts";
import type { Peeked } from "../../server/failed_events.ts";
import { HttpError } from "../../server/http_error.ts";
import { ended, endOf, notThere, othersLook, peeked, tooFar, tooMany } from "./desk_answers.ts";
import type { DeskRequest, Secrets } from "./desk_messages.ts";
import { repairOf, requireOne, requireTarget, savedFileOf } from "./repair_order.ts";

/** What the desk works with. */
export interface DeskOptions {
  readonly config: Pick<Config, "stateDir">;
  /** Connects. */
  readonly open: () => Promise<Broker>;
  /** The time in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** How long one look may take, and may wait for its turn, in ms. @default {8000} */
  readonly lookMs?: number;
}

/** How something is asked. */
export interface AskOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SiftProgress) => void;
}

type Asked<Kind extends DeskRequest["kind"]> = Extract<DeskRequest, { kind: Kind }>;

/** How many dead letters are scanned where nobody says. */
const SCAN = 10_000;
/** The most scans that are kept. */
const MOST_SCANS = 4;
const SCAN_MS = 3_600_000;
/** How long one look may take, in ms: an answer is due within 10 s. */
const LOOK_MS = 8000;
const MOST_LINES = 10_000;

/** Looks at events and repairs them. */
export class Desk implements AsyncDisposable {
  readonly #options: DeskOptions;
  readonly #now: () => number;
  readonly #lookMs: number;
  readonly #scans = new Map<string, { readonly scan: Scan; readonly at: number }>();
  /** What goes on with the dead letters of each queue; one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #tasks = new Set<string>();
  #broker: Promise<Broker> | undefined;

  /** @param options What it works with. */
  constructor(options: DeskOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#lookMs = options.lookMs ?? LOOK_MS;
  }

  /** A page of dead letters. */
  async page({ queue, secrets, query, isFresh }: Asked<"page">): Promise<FailedPage> {
    if (isFresh && !this.#tasks.has(queue)) this.#scans.delete(queue);
    const scan = this.#scanOf(queue) ?? await this.#scanFirst(queue, secrets);
    const page = scan.page(query, this.#now());
    if (page) return page;
    const message = `${query.after} is not in the list any more: load it again from its start`;
    throw new HttpError("not_found", message);
  }

  /** All of one dead letter. */
  async show({ queue, secrets, handle, isRaw }: Asked<"show">): Promise<FailedEvent> {
    const { event, of } = await this.#findEvent(queue, handle);
    if (!event) throw notThere(queue, handle, of);
    const view = isRaw ? raw : viewOf(secrets);
    const shown = isRaw || secrets?.length === 0 ? "all" : secrets === null ? "shape" : "masked";
    const scan = this.#scanOf(queue);
    const found = shownEvent(event, view, { queue, shown });
    const alone = { previous: null, next: null, group_count: null };
    return { ...found, ...(scan?.beside(found.handle) ?? alone) };
  }

  /** Dead letters as lines of JSON. */
  async lines({ queue, secrets, filter, contains }: Asked<"lines">): Promise<string> {
    const failed = failedQueueName(queue);
    const view = viewOf(secrets);
    const also = alsoOf(contains, view) ?? (() => true);
    const isOf = matcherOf(filter, this.#now());
    const matches = (event: StoredEvent) => isOf(event) && also(event);
    return await this.#look(queue, async (broker) => {
      const signal = AbortSignal.timeout(this.#lookMs);
      const options = { view, limit: MOST_LINES, signal };
      const { events, failure, ...seen } = await listEvents(broker, failed, matches, options);
      if (failure !== undefined) throw failure;
      if (signal.aborted && !seen.complete && events.length < MOST_LINES) {
        throw tooMany(queue, seen);
      }
      return events.map((event) => `${listedLine(event)}\n`).join("");
    });
  }

  /** The first events that wait in a queue. */
  async peek({ queue, secrets, limit, countsDelivery }: Asked<"peek">): Promise<Peeked> {
    const broker = await this.#connected();
    const { ready, consumers } = await this.#depth(broker, queue);
    const events = await broker.peek(queue, limit, { countsDelivery });
    const view = viewOf(secrets);
    const shown = events.map((event) => peeked(event, view));
    return { queue, of: Math.max(ready, shown.length), consumers, events: shown };
  }

  /** Counts groups and keeps rows. */
  async scan(order: ScanOrder, secrets: Secrets, options: AskOptions): Promise<TaskEnd> {
    return await this.#task(order.queue, async (broker) => {
      const { scan, failure } = await this.#scan(broker, order, secrets, options);
      const { scanned, of, complete, groups } = scan.result;
      return ended({ scanned, of, complete, groups }, failure);
    });
  }

  /** Puts dead letters back, drops them, or counts them. */
  async repair(
    { order, by, secrets }: { order: RepairOrder; by: string; secrets: Secrets },
    options: AskOptions,
  ): Promise<TaskEnd> {
    return await this.#task(order.queue, async (broker) => {
      await using saved = savedFileOf(order, this.#options.config.stateDir, this.#now());
      const also = alsoOf(order.contains, viewOf(secrets));
      const repair = { ...repairOf(order, by), ...options, also, ...(saved && { saved }) };
      if (order.dryRun) return endOf(await countRepair(broker, repair));
      await requireTarget(broker, order);
      await requireOne(broker, order, repair);
      try {
        return endOf(await carryOutRepair(broker, repair));
      } finally {
        this.#scans.delete(order.queue);
      }
    });
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#broker?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  #scanOf(queue: string): Scan | undefined {
    const kept = this.#scans.get(queue);
    return kept && kept.at > this.#now() - SCAN_MS ? kept.scan : undefined;
  }

  async #scanFirst(queue: string, secrets: Secrets): Promise<Scan> {
    return await this.#look(queue, async (broker) => {
      const known = this.#scanOf(queue);
      if (known) return known;
      const signal = AbortSignal.timeout(this.#lookMs);
      const order = { queue, scan: SCAN };
      const { scan, failure } = await this.#scan(broker, order, secrets, { signal });
      if (failure !== undefined) throw failure;
      return scan;
    });
  }

  async #scan(
    broker: Broker,
    { queue, scan: most }: Pick<ScanOrder, "queue" | "scan">,
    secrets: Secrets,
    options: Partial<AskOptions>,
  ): Promise<{ readonly scan: Scan; readonly failure?: unknown }> {
    const scan = new Scan(queue, viewOf(secrets), this.#now());
    const sifted = await broker.sift(failedQueueName(queue), (event) => {
      scan.add(event);
      return "keep";
    }, { ...options, ...(most === null ? {} : { scan: most }) });
    const { scanned, of, failure } = sifted;
    scan.end({ scanned, of, complete: scanned >= of });
    this.#keep(scan);
    return failure === undefined ? { scan } : { scan, failure };
  }

  #keep(scan: Scan): void {
    this.#scans.delete(scan.queue);
    this.#scans.set(scan.queue, { scan, at: this.#now() });
    const [oldest] = this.#scans.keys();
    if (this.#scans.size > MOST_SCANS && oldest !== undefined) this.#scans.delete(oldest);
  }

  async #findEvent(queue: string, handle: string) {
    return await this.#look(queue, async (broker) => {
      const found = new AbortController();
      const signal = AbortSignal.any([found.signal, AbortSignal.timeout(this.#lookMs)]);
      const matches = matcherOf({ ...NO_FILTER, ids: [handle] }, this.#now());
      let event: StoredEvent | undefined;
      const result = await broker.sift(failedQueueName(queue), (each) => {
        if (matches(each)) {
          event ??= each;
          found.abort();
        }
        return "keep";
      }, { signal });
      if (result.failure !== undefined) throw result.failure;
      if (!event && result.scanned < result.of) throw tooFar(queue, handle, result);
      return { event, of: result.of };
    });
  }

  /** Looks at dead letters when others of this process are done. */
  async #look<Result>(
    queue: string,
    look: (broker: Broker) => Promise<Result>,
  ): Promise<Result> {
    if (this.#tasks.has(queue)) {
      const message = `A task has the dead letters of ${queue}: wait until it has ended`;
      throw new HttpError("conflict", message);
    }
    const patience = AbortSignal.timeout(this.#lookMs);
    return await this.#inTurn(queue, (broker) => {
      if (patience.aborted) throw othersLook(queue);
      return look(broker);
    });
  }

  async #task(
    queue: string,
    work: (broker: Broker) => Promise<TaskEnd>,
  ): Promise<TaskEnd> {
    this.#tasks.add(queue);
    try {
      return await this.#inTurn(queue, work);
    } finally {
      this.#tasks.delete(queue);
    }
  }

  /** One thing after the other has the dead letters of a queue, and their lock. */
  async #inTurn<Result>(
    queue: string,
    work: (broker: Broker) => Promise<Result>,
  ): Promise<Result> {
    const before = this.#turns.get(queue);
    const turn = (async () => {
      await before?.catch(() => {});
      const broker = await this.#connected();
      await this.#depth(broker, queue);
      const holder = `the dashboard, process ${Deno.pid}, since ${new Date().toISOString()}`;
      await using _lock = await broker.lock(failedQueueName(queue), holder);
      return await work(broker);
    })();
    this.#turns.set(queue, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(queue) === turn) this.#turns.delete(queue);
    }
  }

  /** How full a queue is. Only its dead letters may be there. */
  async #depth(broker: Broker, queue: string) {
    const depth = await broker.depth(queue);
    if (depth) return depth;
    if (await broker.depth(failedQueueName(queue))) return { ready: 0, consumers: 0 };
    throw new HttpError("not_found", `There is no queue ${queue} on the broker`);
  }

  async #connected(): Promise<Broker> {
    this.#broker ??= this.#options.open();
    try {
      return await this.#broker;
    } catch (error) {
      this.#broker = undefined;
      throw error;
    }
  }
}

function viewOf(secrets: Secrets): View {
  return secrets === null ? shape : secretsView(new EventSecrets(secrets));
}

function alsoOf(contains: string | undefined, view: View) {
  return contains === undefined ? undefined : containing(contains, view);
}
