/**
 * Dead letters by their cause.
 *
 * @module
 */

import type { Broker, StoredEvent } from "../../engine/broker/broker.ts";
import type { SiftOptions } from "../../engine/broker/sift.ts";
import { failureFacts, fingerprintOf } from "./dead_letter.ts";
import { handleOf } from "./handle.ts";
import type { View } from "./view.ts";

/** Dead letters with one fingerprint. */
export interface FailedGroup {
  readonly fingerprint: string;
  readonly reason: string;
  /** The error's name. */
  readonly name: string;
  /** The first line of the first error's message. */
  readonly message: string;
  readonly count: number;
  /** ISO 8601, as are all times; `""` where nothing is known. */
  readonly first_at: string;
  readonly last_at: string;
  /** The handle of one of them. */
  readonly sample: string;
}

/** The groups, the largest first, and how far was looked for them. */
export interface Groups {
  readonly groups: readonly FailedGroup[];
  readonly scanned: number;
  readonly of: number;
  /** Whether all were looked at. */
  readonly complete: boolean;
  /** Why it stopped before. */
  readonly failure?: unknown;
  /** Events of further causes, where there are over 1,000 of these. */
  readonly others: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The most groups that are kept. */
const MAX_GROUPS = 1000;

/**
 * Groups the dead letters of a queue; they stay where they are.
 *
 * @param failed The queue of dead letters, whose lock the caller holds.
 * @param view Masks the message of each group.
 */
export async function groupEvents(
  broker: Broker,
  failed: string,
  view: View,
  options: Pick<SiftOptions, "scan" | "signal" | "onProgress" | "countsDelivery">,
): Promise<Groups> {
  const groups = new Grouping(view);
  const { scanned, of, failure } = await broker.sift(failed, (event) => {
    groups.add(event);
    return "keep";
  }, options);
  const more = failure === undefined ? {} : { failure };
  return { ...groups.result(), scanned, of, complete: scanned >= of, ...more };
}

/** Counts events by fingerprint. */
export class Grouping {
  readonly #view: View;
  readonly #groups = new Map<string, Mutable<FailedGroup>>();
  #others = 0;

  /** @param view Masks the message of each group. */
  constructor(view: View) {
    this.#view = view;
  }

  /** Adds an event to its group. */
  add(event: StoredEvent): void {
    const facts = failureFacts(event);
    const fingerprint = fingerprintOf(facts);
    const group = this.#groups.get(fingerprint) ?? this.#start(fingerprint, event);
    if (!group) return void this.#others++;
    const { failedAt } = facts;
    group.count++;
    if (failedAt === "") return;
    if (group.first_at === "" || failedAt < group.first_at) group.first_at = failedAt;
    if (failedAt > group.last_at) group.last_at = failedAt;
  }

  /** The groups, the largest first. */
  result(): Pick<Groups, "groups" | "others"> {
    const groups = [...this.#groups.values()].toSorted((a, b) => b.count - a.count);
    return { groups, others: this.#others };
  }

  /** @returns `undefined` when there are too many groups. */
  #start(fingerprint: string, event: StoredEvent): Mutable<FailedGroup> | undefined {
    if (this.#groups.size >= MAX_GROUPS) return undefined;
    const { reason, name, message } = failureFacts(this.#view(event));
    const [line = ""] = message.split("\n", 1);
    const times = { count: 0, first_at: "", last_at: "" };
    const sample = handleOf(event);
    const group = { fingerprint, reason, name, message: line, ...times, sample };
    this.#groups.set(fingerprint, group);
    return group;
  }
}
