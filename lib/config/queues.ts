/**
 * The settings of single queues: `PQ_<QUEUE>_…` and `<QUEUE>_SHARDS`. This module does not
 * know which queues exist: {@linkcode queueNameProblems} checks the names later.
 *
 * @module
 */

import { nearest } from "../errors/spelling.ts";
import type { Problem } from "./problem.ts";
import { rejected, type SettingsReader } from "./reader.ts";
import type { Kind } from "./setting.ts";
import { queueKey } from "./queue_key.ts";
import { type CheckThresholds, OF_QUEUE, SHARDS } from "./queue_settings.ts";

export type { CheckThresholds };

/** Numbers that override those of a worker; `undefined` leaves the worker's own. */
export interface QueueOverrides {
  /** How many events may be in flight. */
  readonly prefetch?: number | undefined;
  /** How many events run at once. */
  readonly concurrency?: number | undefined;
  /** Seconds before each further attempt; empty for no retries. */
  readonly retries?: readonly number[] | undefined;
  /** Seconds one event may run; `null` for no limit. */
  readonly maxConsumeSeconds?: number | null | undefined;
  /** Events in a batch, at most. */
  readonly batchSize?: number | undefined;
  /** Heap of the worker's thread in MB. */
  readonly maxHeapMb?: number | undefined;
  /** From when on `check` finds the queue too far behind. */
  readonly check?: CheckThresholds | undefined;
  /** The least number of consumers that `check` accepts. */
  readonly consumers?: number | undefined;
}

/** A variable that names a queue. */
export interface QueueVariable {
  /** The variable. */
  readonly name: string;
  /** The queue it names, as {@linkcode queueKey} gives it. */
  readonly queue: string;
  /** Counts only if there is such a queue; else the variable belongs to another program. */
  readonly problem?: Problem;
}

/** The settings of single queues. */
export interface QueueSettings {
  /** How many shards a queue has, by {@linkcode queueKey}. */
  readonly shards: ReadonlyMap<string, number>;
  /** Numbers that override the workers' own, by {@linkcode queueKey}. */
  readonly queues: ReadonlyMap<string, QueueOverrides>;
  /** Every variable that names a queue, for {@linkcode queueNameProblems}. */
  readonly queueVariables: readonly QueueVariable[];
}

/** Zulip's own names for the shards of a queue. */
const ALIASES: Readonly<Record<string, string>> = {
  mobile_notifications: "missedmessage_mobile_notifications",
};

const PREFIX = "PQ_";
const SHARDS_SUFFIX = "_SHARDS";

type Property = keyof typeof OF_QUEUE;
const PROPERTIES = Object.keys(OF_QUEUE) as Property[];

/** Reads every variable that names a queue; adds to the reader's problems. */
export function readQueueSettings(reader: SettingsReader): QueueSettings {
  const found = new Found(reader);
  for (const name of reader.names.sort()) {
    if (name.startsWith(PREFIX)) found.addPrefixed(name);
    else if (name.endsWith(SHARDS_SUFFIX)) found.addShards(name);
  }
  return found;
}

/** What decides whether a variable names a queue. */
export interface QueueNames extends Pick<QueueSettings, "queueVariables"> {
  /** The folder of the user's own workers. */
  readonly workersDir?: string | undefined;
}

/**
 * The problems of variables that name a queue: there is no such queue, or the value is wrong.
 *
 * @param settings The configuration.
 * @param known The names of all queues that have a worker.
 */
export function queueNameProblems(
  { queueVariables, workersDir }: QueueNames,
  known: Iterable<string>,
): Problem[] {
  const queues = new Map([...known].map((queue) => [queueKey(queue), queue]));
  return queueVariables.flatMap(({ name, queue, problem }) => {
    if (queues.has(queue)) return problem ? [problem] : [];
    return name.startsWith(PREFIX) ? [noQueue(name, queue, [...queues.values()], workersDir)] : [];
  });
}

function noQueue(
  setting: string,
  queue: string,
  known: readonly string[],
  workersDir: string | undefined,
): Problem {
  const meant = nearest(queue, known);
  const all = `the queues are ${known.join(", ") || "none"}`;
  const hint = workersDir === undefined ? ". Those of your own workers need --workers-dir" : "";
  return {
    setting,
    wrong: `no queue ${queue}`,
    fix: meant ? `did you mean ${meant}?` : `${all}${hint}`,
  };
}

/** Collects the settings. */
class Found implements QueueSettings {
  readonly shards = new Map<string, number>();
  readonly queues = new Map<string, QueueOverrides>();
  readonly queueVariables: QueueVariable[] = [];
  readonly #reader: SettingsReader;
  readonly #shardsFrom = new Map<string, string>();

  constructor(reader: SettingsReader) {
    this.#reader = reader;
  }

  /** Takes a variable `PQ_<QUEUE>_<PROPERTY>`. */
  addPrefixed(name: string): void {
    const property = PROPERTIES.find((each) => suffixed(name, OF_QUEUE[each].name));
    if (!property) {
      this.#reader.problems.push(unknownSetting(name));
      return;
    }
    const suffix = OF_QUEUE[property].name;
    const queue = queueKey(name.slice(PREFIX.length, -suffix.length - 1));
    const text = this.#reader.readText(name);
    if (text === "" && property !== "retries") return;
    this.queueVariables.push({ name, queue });
    const problem = problemWith(name, OF_QUEUE[property], text);
    if (problem) this.#reader.problems.push(problem);
    else this.#set(name, queue, property, text);
  }

  /** Takes a variable `<QUEUE>_SHARDS`, which may belong to another program. */
  addShards(name: string): void {
    const named = queueKey(name.slice(0, -SHARDS_SUFFIX.length));
    const queue = ALIASES[named] ?? named;
    const text = this.#reader.readText(name);
    if (text === "") return;
    const problem = problemWith(name, SHARDS, text);
    this.queueVariables.push({ name, queue, ...(problem ? { problem } : {}) });
    if (!problem) this.#setShards(name, queue, Number(text));
  }

  #set(name: string, queue: string, property: Property, text: string): void {
    if (property === "shards") return this.#setShards(name, queue, Number(text));
    const value = OF_QUEUE[property].schema.parse(text);
    this.queues.set(queue, { ...this.queues.get(queue), [property]: value });
  }

  #setShards(name: string, queue: string, shards: number): void {
    const before = this.shards.get(queue);
    if (before !== undefined && before !== shards) {
      const wrong = `it says ${shards} shards, but ${this.#shardsFrom.get(queue)} says ${before}`;
      this.#reader.problems.push({ setting: name, wrong, fix: "set only one of them" });
    }
    this.shards.set(queue, shards);
    this.#shardsFrom.set(queue, name);
  }
}

function problemWith(name: string, kind: Kind<unknown>, text: string): Problem | undefined {
  if (kind.schema.safeParse(text).success) return undefined;
  return { setting: name, ...rejected(kind, text) };
}

function suffixed(name: string, suffix: string): boolean {
  return name.endsWith(`_${suffix}`) && name.length > PREFIX.length + suffix.length + 1;
}

function unknownSetting(name: string): Problem {
  const suffixes = PROPERTIES.map((property) => OF_QUEUE[property].name);
  const meant = nearestSuffix(name, suffixes);
  return {
    setting: name,
    wrong: "there is no such setting",
    fix: meant
      ? `did you mean ${meant}?`
      : `the settings of a queue are ${PREFIX}<QUEUE>_ and one of ${suffixes.join(", ")}`,
  };
}

function nearestSuffix(name: string, suffixes: readonly string[]): string | undefined {
  const parts = name.slice(PREFIX.length).split("_");
  for (let first = 1; first < parts.length; first++) {
    const suffix = nearest(parts.slice(first).join("_"), suffixes);
    const queue = parts.slice(0, first).join("_");
    if (suffix) return `${PREFIX}${queue}_${suffix}`;
  }
  return undefined;
}
