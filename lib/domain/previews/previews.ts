/**
 * The previews of all links of a message.
 *
 * @module
 */

import { Turns } from "../../system/turns.ts";
import { PreviewCache } from "./cache.ts";
import { lookUp, type LookupOptions } from "./lookup.ts";
import type { LinkPreview, Looked } from "./preview.ts";

/** What came of the links of a message. */
export interface Previews {
  /** By link. */
  readonly found: ReadonlyMap<string, LinkPreview>;
  /** The links that could not be looked up in time. */
  readonly late: readonly string[];
}

/** How the links of a message are looked up. */
export interface PreviewsRun {
  /** Ends all of it. */
  readonly signal: AbortSignal;
  /** How long all links together may take, in ms. */
  readonly limitMs: number;
  /**
   * Learns what came of a link that was not remembered, how long it took, and why its requests
   * failed, or `""`.
   */
  readonly onLooked?: (link: string, looked: Looked, ms: number, why: string) => void;
}

/** How many links are looked up at once, of all messages together: each may hold 1 MB of a page. */
const MOST_AT_ONCE = 24;

/** Looks up links, all of a message at once, and remembers what it found. */
export class LinkPreviews {
  readonly #turns = new Turns<Looked>(MOST_AT_ONCE, () => false);
  readonly #options: LookupOptions;
  readonly #cache: PreviewCache;
  readonly #now: () => number;

  /** @param now ms since 1970. @default {Date.now} */
  constructor(options: LookupOptions, cache: PreviewCache = new PreviewCache(), now = Date.now) {
    this.#options = options;
    this.#cache = cache;
    this.#now = now;
  }

  /**
   * Looks up links. What is found in time counts, also where others are late.
   *
   * @param links From `previewableLinks`.
   * @throws What the signal was aborted with.
   */
  async of(links: readonly string[], run: PreviewsRun): Promise<Previews> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), run.limitMs);
    try {
      const signal = AbortSignal.any([run.signal, timeout.signal]);
      const looked = await Promise.all(links.map((link) => this.#look(link, run, signal)));
      run.signal.throwIfAborted();
      const pairs = links.map((link, at) => [link, looked[at]] as const);
      const found = pairs.filter((pair): pair is [string, LinkPreview] => {
        return typeof pair[1] === "object";
      });
      const late = pairs.filter(([, each]) => each === undefined).map(([link]) => link);
      return { found: new Map(found), late };
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns `undefined` where the time is over. */
  async #look(link: string, run: PreviewsRun, signal: AbortSignal): Promise<Looked | undefined> {
    const known = this.#cache.get(link, this.#now());
    if (known !== undefined) return known;
    const turn = { key: link, signal, waitMs: run.limitMs };
    try {
      const looked = await this.#turns.run(() => this.#lookNow(link, run, signal), turn);
      return looked === "stopped" || looked === "too late" ? undefined : looked;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #lookNow(link: string, run: PreviewsRun, signal: AbortSignal): Promise<Looked> {
    // Another message may have looked up the link in the meantime.
    const known = this.#cache.get(link, this.#now());
    if (known !== undefined) return known;
    const start = performance.now();
    const failures: string[] = [];
    const looked = await lookUp(link, this.#options, signal, (why) => failures.push(why));
    this.#cache.set(link, looked, this.#now());
    run.onLooked?.(link, looked, performance.now() - start, failures.join("; "));
    return looked;
  }
}
