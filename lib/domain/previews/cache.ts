/**
 * Caches previews, and which links have none.
 *
 * @module
 */

import type { Looked } from "./preview.ts";

/** How many links are remembered. */
const MOST = 1000;
const MINUTE_MS = 60_000;
/** For how long what came of a lookup is remembered, in ms. */
const AGES = { preview: 24 * 60 * MINUTE_MS, nothing: 60 * MINUTE_MS, failed: MINUTE_MS } as const;

interface Kept {
  readonly looked: Looked;
  /** ms since 1970. */
  readonly until: number;
}

/**
 * What came of lookups, by link: previews for a day, their absence for an hour, failures for a
 * minute. Of over 1000 links those are forgotten that were not asked for longest.
 */
export class PreviewCache {
  /** The longest not asked for first. */
  readonly #kept = new Map<string, Kept>();
  readonly #most: number;

  /** @param most How many links are remembered. @default {1000} */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** What came of a lookup that is not too old. @param now ms since 1970. */
  get(link: string, now: number): Looked | undefined {
    const kept = this.#kept.get(link);
    if (!kept) return undefined;
    this.#kept.delete(link);
    if (now >= kept.until) return undefined;
    this.#kept.set(link, kept);
    return kept.looked;
  }

  /** Remembers what came of a lookup. @param now ms since 1970. */
  set(link: string, looked: Looked, now: number): void {
    this.#kept.delete(link);
    this.#kept.set(link, {
      looked,
      until: now + AGES[typeof looked === "string" ? looked : "preview"],
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) return;
      this.#kept.delete(oldest);
    }
  }
}
