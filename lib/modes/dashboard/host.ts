/**
 * The queues and processes of this host, for the dashboard's routes.
 *
 * @module
 */

import { hostname } from "node:os";
import type { Config } from "../../config/config.ts";
import type { FailureListener } from "../../monitoring/failure_feed.ts";
import { type BrokerSnapshot, isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import type { Checks } from "../../operations/dashboard/finding.ts";
import type { History } from "../../operations/dashboard/history.ts";
import { type QueueDetails, queueDetails } from "../../operations/dashboard/queue_details.ts";
import {
  type DashboardView,
  type QueueRow,
  queueRow,
  withoutTexts,
} from "../../operations/dashboard/view.ts";
import { STATUS } from "../../operations/judge.ts";
import { PausedQueues } from "../../operations/paused.ts";
import type { QueueAction, QueueActionResult } from "../../operations/queue_action.ts";
import type { Sampler } from "../../operations/sampler.ts";
import { successOf } from "../../server/control_client.ts";
import type { DashboardControl, ProcessOrder } from "../../server/dashboard_control.ts";
import { HttpError } from "../../server/http_error.ts";
import type { PauseRequest } from "../../server/process_control.ts";
import type { Tasks } from "../../server/tasks.ts";
import { VERSION } from "../../system/version.ts";
import { hasAnswered, Processes } from "../control/processes.ts";
import { changeAt, placesOf } from "../control/queue_changes.ts";
import type { Overview } from "./overview.ts";
import { queueSettings } from "./queue_settings.ts";

/** What a {@linkcode DashboardHost} knows the host by. */
export interface DashboardHostOptions {
  readonly scope: DashboardView["scope"];
  readonly config: Config;
  readonly sampler: Sampler;
  readonly overview: Overview;
  readonly broker: () => BrokerSnapshot;
  readonly tasks: Tasks;
  /** The id of the process, if it runs queues itself. */
  readonly selfId?: string | undefined;
  readonly onFailure: (listener: FailureListener) => () => void;
  /** Runs the checks. */
  readonly check: () => Promise<Checks>;
}

/** How long a process may take to answer, in seconds. Two such times fit into that of an answer. */
const TIMEOUT_SECONDS = 4;
/** For how long the results of the checks are kept, in ms. */
const CHECKS_MS = 60_000;

/** Knows the host. */
export class DashboardHost implements DashboardControl {
  readonly #options: DashboardHostOptions;
  readonly #processes: Processes;
  #checks: { readonly at: number; readonly found: Promise<Checks> } | undefined;
  /** Checks that run: whoever asks meanwhile waits for the same. */
  #running: Promise<Checks> | undefined;

  /** @param options What it knows the host by. */
  constructor(options: DashboardHostOptions) {
    this.#options = options;
    this.#processes = new Processes(options.config, TIMEOUT_SECONDS);
  }

  /** @inheritdoc */
  view(): DashboardView {
    const { scope, sampler, overview, broker, tasks, selfId } = this.#options;
    const { reconnects: _, ...seen } = broker();
    const rows = sampler.reports.map(queueRow).sort(byName);
    return {
      schema: SCHEMA,
      at: isoTime(Date.now()),
      version: VERSION,
      scope,
      host: hostname(),
      broker: seen,
      sampled_at: sampler.sampledAt === undefined ? null : isoTime(sampler.sampledAt),
      queues: seen.up ? rows : rows.map((row) => unknownRow(row, seen.since)),
      processes: overview.rows(selfId),
      tasks: tasks.all,
    };
  }

  /** The view for a reader. @param seesErrors Whether texts that quote errors are for it. */
  viewFor(seesErrors: boolean): DashboardView {
    return seesErrors ? this.view() : withoutTexts(this.view());
  }

  /** @inheritdoc */
  histories(): Readonly<Record<string, History>> {
    return this.#options.overview.histories.all;
  }

  /** @inheritdoc */
  queue(name: string): QueueDetails | undefined {
    const { sampler, overview, config } = this.#options;
    const report = sampler.reports.find(({ queue }) => queue === name);
    if (!report) return undefined;
    return queueDetails({
      report,
      look: sampler.lookOf(name),
      processes: sampler.processes,
      history: overview.histories.of(name),
      settings: queueSettings(name, config),
      now: Date.now(),
    });
  }

  /** @inheritdoc */
  onFailure(listener: FailureListener): () => void {
    return this.#options.onFailure(listener);
  }

  /** @inheritdoc */
  setWatched(isWatched: boolean): void {
    this.#options.overview.isWatched = isWatched;
    if (isWatched) this.refresh();
  }

  /** @inheritdoc */
  refresh(): void {
    this.#options.sampler.hurry();
  }

  /** @inheritdoc */
  async change(
    action: QueueAction,
    queue: string,
    request: PauseRequest,
  ): Promise<readonly QueueActionResult[]> {
    const places = placesOf([queue], await this.#processes.snapshots());
    if (places.length > 0) {
      return await Promise.all(
        places.map((place) => changeAt(place, action, request, this.#processes)),
      );
    }
    if (action === "resume" && this.#lift(queue)) return [lifted(queue)];
    throw new HttpError("not_found", `No process of this host runs ${queue}`);
  }

  /** @inheritdoc */
  async order(id: string, order: ProcessOrder, by: string): Promise<unknown> {
    const asked = await this.#processes.snapshots();
    const found = asked.filter(hasAnswered).find(({ answer }) => answer.id === id);
    if (!found) {
      throw new HttpError("not_found", `No process of this host has the id ${id}: it has ended`);
    }
    const { kind, ...more } = order;
    const answer = await this.#processes.ask(found.socket, {
      method: "POST",
      path: `/v1/${kind}`,
      body: { by, ...more },
    });
    if (hasAnswered(answer)) return successOf(answer.answer);
    const message = `The process ${found.socket.pid} does not answer: ${answer.problem}`;
    throw new HttpError("unavailable", message);
  }

  /** @inheritdoc */
  checks(isFresh: boolean): Promise<Checks> {
    const now = performance.now();
    if (this.#checks && !isFresh && now - this.#checks.at < CHECKS_MS) return this.#checks.found;
    if (this.#running) return this.#running;
    const found = this.#options.check();
    this.#running = found;
    this.#checks = { at: now, found };
    const forget = () => this.#checks = undefined;
    void found.catch(forget).finally(() => this.#running = undefined);
    return found;
  }

  /** A pause is kept in a file, which can be removed without a process. */
  #lift(queue: string): boolean {
    const stored = new PausedQueues(this.#options.config.stateDir);
    if (stored.read(queue, Date.now()).kind === "none") return false;
    stored.remove(queue);
    return true;
  }
}

function lifted(queue: string): QueueActionResult {
  const nothing = { pid: null, host: null, state: null, consumers_elsewhere: null, error: null };
  return { ...nothing, queue, ok: true };
}

/** The last numbers of a queue, which say nothing of its state while the broker is away. */
function unknownRow(row: QueueRow, since: string): QueueRow {
  const reason = row.state === "unknown" ? row.reason : `the broker has been away since ${since}`;
  return { ...row, state: "unknown", status: STATUS.unknown, reason, advice: "" };
}

function byName(
  { queue: a }: { readonly queue: string },
  { queue: b }: { readonly queue: string },
) {
  return a < b ? -1 : a > b ? 1 : 0;
}
