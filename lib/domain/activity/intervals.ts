/**
 * The intervals in which a user was active: what an activity changes of those that are stored.
 *
 * An activity lasts 15 minutes. Intervals of a user that overlap or touch are one, so what is stored
 * is the union of all activities: it depends neither on their order nor on how often each comes.
 *
 * @module
 */

/** How long an activity lasts, in ms: 15 minutes, the shortest interval. */
export const ACTIVITY_MS = 15 * 60 * 1000;

/** A stored interval, in ms since 1970. */
export interface Interval {
  /** The id of its row. */
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** What an activity changes; times are in ms since 1970. */
export type IntervalChange =
  /** Nothing: a stored interval has the whole of it. */
  | { readonly kind: "none" }
  /** It is an interval of its own. */
  | { readonly kind: "insert"; readonly start: number; readonly end: number }
  /** It makes a stored interval longer, which then has others, too. */
  | {
    readonly kind: "extend";
    /** The interval that stays. */
    readonly id: number;
    /** Its new start, if that changes. */
    readonly start: number | undefined;
    /** Its new end, if that changes. */
    readonly end: number | undefined;
    /** The intervals that it now has, whose rows are to be deleted. */
    readonly absorbed: readonly number[];
  };

/**
 * What an activity changes. Of several intervals that it joins, the one with the latest end stays.
 *
 * @param stored Intervals of the user, in any order: at least those that the activity overlaps or
 * touches.
 * @param time When the activity began, in whole ms since 1970.
 */
export function intervalChange(stored: readonly Interval[], time: number): IntervalChange {
  const activity = { start: time, end: time + ACTIVITY_MS };
  const joined = stored.filter(({ start, end }) => start <= activity.end && end >= activity.start)
    .sort((a, b) => b.end - a.end || a.id - b.id);
  const [kept, ...others] = joined;
  if (!kept) return { kind: "insert", ...activity };
  const start = Math.min(activity.start, ...joined.map((interval) => interval.start));
  const end = Math.max(activity.end, kept.end);
  if (others.length === 0 && start === kept.start && end === kept.end) return { kind: "none" };
  return {
    kind: "extend",
    id: kept.id,
    start: start === kept.start ? undefined : start,
    end: end === kept.end ? undefined : end,
    absorbed: others.map(({ id }) => id),
  };
}
