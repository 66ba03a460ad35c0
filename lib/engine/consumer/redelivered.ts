/**
 * Knows what became of an event that the broker hands out again: it must not start beside its first
 * run, nor run again when that has ended. So every way from a delivery to a run that is not
 * acknowledged, and back, ends: what ran is settled by what its run came to.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Delivery } from "../broker/broker.ts";
import { HEADER } from "../broker/headers.ts";
import type { Ending } from "./ending/settled_report.ts";
import type { Entry } from "./entry.ts";

/** How many events that have ended are remembered until they are delivered again. */
const MAX_REMEMBERED = 10_000;

/** What a redelivered event is here. */
export type Duplicate =
  /** Its delivery was lost, and it still runs or is being copied. */
  | { readonly kind: "join"; readonly first: Entry }
  /** It has run, but its delivery was lost before the broker knew. */
  | ({ readonly kind: "ended" } & Ended)
  /** It looks like one that ran whose delivery was lost, but may be another with the same body. */
  | { readonly kind: "unclear" };

/** What an event came to. */
export interface Ended {
  /** The id that it ran with. */
  readonly id: string;
  /** What is still to be carried out; `undefined` when it only has to be acknowledged. */
  readonly ending: Ending | undefined;
}

/** An event that has ended, and the delivery that was lost. */
interface Remembered extends Ended {
  readonly delivery: Delivery;
}

const NONE: readonly Entry[] = [];

/**
 * The entry of an id, until it leaves. The tables that a `Map` has outgrown may stay in the heap for
 * long (see `OutstandingJobs`): this way they do not keep the entries.
 */
interface Slot {
  entry: Entry | undefined;
}

/**
 * Knows events by their `message_id`. One without is known by its content, for as long as only
 * events come that were delivered before: the broker puts back what was lost to its old place, ahead
 * of all new events, so another with the same content comes after it. What has not come by then may
 * be with another process, and its content proves nothing any more.
 */
export class Redelivered {
  /** The entries that are tracked, by their id. */
  readonly #byId = new Map<string, Slot>();
  readonly #tracksAll: boolean;
  readonly #running: () => readonly Entry[];
  /** What has ended and was not acknowledged; of several that look alike, the first first. */
  readonly #ended = new Map<string, Remembered[]>();
  #endedCount = 0;
  /** Whether deliveries were lost, and no new event has come since. */
  #isReturning = false;
  /** Lost deliveries whose events had not come again when a new event came. */
  readonly #overdue = new WeakSet<Delivery>();
  /** The ids of copies that come for what runs here, in place of a redelivery. */
  readonly #expected = new Set<string>();
  /** Whether there may be events here whose deliveries were lost. */
  #hasLost = false;

  /**
   * @param tracksAll Whether several events may run at once. Where they run one after another only
   * what runs or is being copied can be met again.
   * @param running The entries that run.
   */
  constructor(tracksAll: boolean, running: () => readonly Entry[]) {
    this.#tracksAll = tracksAll;
    this.#running = running;
  }

  /** All unsettled deliveries were lost. */
  lost(): void {
    this.#isReturning = true;
    this.#hasLost = true;
  }

  /** What is known of an event that was just delivered. What has ended is said once. */
  duplicateOf(entry: Entry): Duplicate | undefined {
    const { messageId, delivery: { redelivered } } = entry;
    if (!redelivered) this.#endReturn();
    if (messageId === "") return redelivered ? this.#unnamedDuplicate(entry) : undefined;
    const isExpected = this.#expected.size > 0 && this.#expected.delete(messageId);
    const ended = isExpected || redelivered ? this.#takeEnded(entry) : undefined;
    if (ended) return { kind: "ended", ...ended };
    if (!this.#hasLost) return undefined;
    const first = this.#lostHere().find(({ id }) => id === messageId);
    return first && { kind: "join", first };
  }

  #unnamedDuplicate(entry: Entry): Duplicate | undefined {
    const first = this.#lostHere().find((other) =>
      other.messageId === "" && looksLike(other, entry)
    );
    const ended = first ? undefined : this.#takeEnded(entry);
    const known = first ?? ended;
    if (!known) return undefined;
    if (!this.#isReturning || this.#overdue.has(known.delivery)) return { kind: "unclear" };
    return first ? { kind: "join", first } : ended && { kind: "ended", ...ended };
  }

  /** A new event has come: what was lost and will come again has come. */
  #endReturn(): void {
    if (!this.#isReturning) return;
    this.#isReturning = false;
    for (const { delivery } of [...this.#lostHere(), ...[...this.#ended.values()].flat()]) {
      this.#overdue.add(delivery);
    }
  }

  /** The entries here whose deliveries were lost. */
  #lostHere(): readonly Entry[] {
    if (!this.#hasLost) return NONE;
    const lost = this.#here().filter(({ delivery }) => delivery.lost);
    this.#hasLost = lost.length > 0;
    return lost;
  }

  /** A copy with the id of this entry replaces its lost delivery. */
  expect({ id }: Entry): void {
    this.#expected.add(id);
  }

  /**
   * The delivery of an event was lost before it could be settled.
   *
   * @param ending What is to be carried out when it is delivered again; left out where it only has
   * to be acknowledged then.
   */
  remember(entry: Entry, ending?: Ending): void {
    const key = this.#identityOf(entry);
    const alike = this.#ended.get(key) ?? [];
    const { id, delivery } = entry;
    alike.push({ id, ending, delivery });
    this.#ended.set(key, alike);
    const [oldest] = this.#ended.keys();
    if (++this.#endedCount > MAX_REMEMBERED && oldest !== undefined) this.#take(oldest);
  }

  #takeEnded(entry: Entry): Remembered | undefined {
    return this.#endedCount === 0 ? undefined : this.#take(this.#identityOf(entry));
  }

  /**
   * What tells a redelivery from other events with its id, or without one with its content: a retry
   * copy has failed since.
   */
  #identityOf({ id, content, attempt, publishedAt, delivery: { properties } }: Entry): string {
    const named = properties.messageId || (this.#expected.has(id) ? id : "");
    const key = named || createHash("sha256").update(content).digest("base64");
    const failedAt = properties.headers?.[HEADER.failedAt] ?? "";
    return `${key}\n${attempt}\n${publishedAt}\n${failedAt}`;
  }

  #take(key: string): Remembered | undefined {
    const alike = this.#ended.get(key);
    const ended = alike?.shift();
    if (ended) this.#endedCount--;
    if (alike?.length === 0) this.#ended.delete(key);
    return ended;
  }

  /**
   * An entry is here, or is being copied from now on. Of several with the same id the first is
   * known, as it runs first.
   */
  add(entry: Entry): void {
    if (this.#tracks(entry) && !this.#byId.has(entry.id)) this.#byId.set(entry.id, { entry });
  }

  /** An entry leaves. */
  delete(entry: Entry): void {
    if (!this.#tracks(entry)) return;
    const slot = this.#byId.get(entry.id);
    if (slot?.entry !== entry) return;
    slot.entry = undefined;
    this.#byId.delete(entry.id);
  }

  /** An event that nobody can name cannot be met by its id, except while it is being copied. */
  #tracks({ messageId, place }: Entry): boolean {
    return place === "copying" || (this.#tracksAll && messageId !== "");
  }

  /** The entries that run, and those that are tracked. */
  #here(): Entry[] {
    const tracked = [...this.#byId.values()].flatMap(({ entry }) => entry ?? []);
    return [...this.#running(), ...tracked];
  }
}

function looksLike(one: Entry, other: Entry): boolean {
  return one.content === other.content && one.attempt === other.attempt &&
    one.publishedAt === other.publishedAt;
}
