/**
 * The distribution of durations, in constant memory.
 *
 * @module
 */

/** Buckets for each doubling. The middle of a bucket is within 4.5 % of every duration in it. */
const PER_OCTAVE = 8;
/** The shortest duration that does not count as 0: about a microsecond. */
const MIN_MS = 2 ** -10;
/** The number of doublings: from a microsecond to more than a year. */
const OCTAVES = 46;
/** The length of one half of the window, in ms. */
const HALF_WINDOW_MS = 300_000;

/**
 * Counts durations in ms and answers percentiles of those added in the last 5 to 10 minutes,
 * within 5 %. Adding allocates nothing.
 */
export class Histogram {
  #recent = new Uint32Array(OCTAVES * PER_OCTAVE + 1);
  #older = new Uint32Array(OCTAVES * PER_OCTAVE + 1);
  #since: number;

  /** @param now The time in ms, on the clock that {@linkcode rotate} will be given. */
  constructor(now: number) {
    this.#since = now;
  }

  /** Adds a duration in ms. Less than a microsecond, and NaN, count as 0. */
  add(ms: number): void {
    const bucket = bucketOf(ms);
    this.#recent[bucket] = (this.#recent[bucket] ?? 0) + 1;
  }

  /** Forgets what is too old; to be called regularly. */
  rotate(now: number): void {
    if (now - this.#since < HALF_WINDOW_MS) return;
    const isStale = now - this.#since >= 2 * HALF_WINDOW_MS;
    [this.#recent, this.#older] = [this.#older.fill(0), this.#recent];
    if (isStale) this.#older.fill(0);
    this.#since = now;
  }

  /**
   * The duration in ms that this share of all durations does not exceed (nearest rank).
   *
   * @param share From 0 to 1.
   * @returns `null` when there are none.
   */
  percentile(share: number): number | null {
    let rank = Math.max(1, Math.ceil(share * this.#count()));
    for (let bucket = 0; bucket < this.#recent.length; bucket++) {
      rank -= this.#in(bucket);
      if (rank <= 0) return middleOf(bucket);
    }
    return null;
  }

  #in(bucket: number): number {
    return (this.#recent[bucket] ?? 0) + (this.#older[bucket] ?? 0);
  }

  #count(): number {
    let count = 0;
    for (let bucket = 0; bucket < this.#recent.length; bucket++) {
      count += this.#in(bucket);
    }
    return count;
  }
}

function bucketOf(ms: number): number {
  if (!(ms >= MIN_MS)) return 0;
  const bucket = 1 + Math.floor(Math.log2(ms / MIN_MS) * PER_OCTAVE);
  return Math.min(bucket, OCTAVES * PER_OCTAVE);
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : MIN_MS * 2 ** ((bucket - 0.5) / PER_OCTAVE);
}
