/**
 * What an activity changes of the intervals that are stored.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ACTIVITY_MS,
  type Interval,
  intervalChange,
} from "../../../lib/domain/activity/intervals.ts";

const MINUTE = 60_000;

/** Intervals in minutes, with ids from 1. */
function intervals(...all: readonly (readonly [start: number, end: number])[]): Interval[] {
  return all.map(([start, end], index) => ({
    id: index + 1,
    start: start * MINUTE,
    end: end * MINUTE,
  }));
}

/** An `extend` in minutes. */
function extend(id: number, start?: number, end?: number, absorbed: readonly number[] = []) {
  const ms = (minutes?: number) => minutes === undefined ? undefined : minutes * MINUTE;
  return { kind: "extend", id, start: ms(start), end: ms(end), absorbed };
}

function insert(start: number) {
  return { kind: "insert", start: start * MINUTE, end: (start + 15) * MINUTE };
}

const NONE = { kind: "none" };

const CHANGES: readonly [
  what: string,
  stored: readonly [start: number, end: number][],
  minute: number,
  change: object,
][] = [
  ["the first activity is an interval of 15 minutes", [], 100, insert(100)],
  ["one within the interval makes it longer", [[100, 115]], 110, extend(1, undefined, 125)],
  ["one at the end makes it longer", [[100, 115]], 115, extend(1, undefined, 130)],
  ["one after the end is another", [[100, 115]], 116, insert(116)],
  ["one before moves the start back", [[100, 115]], 90, extend(1, 90)],
  ["one whose end is the start moves it back", [[100, 115]], 85, extend(1, 85)],
  ["one that ends before is another", [[100, 115]], 84, insert(84)],
  ["the same again changes nothing", [[100, 115]], 100, NONE],
  ["one that the interval has changes nothing", [[100, 180]], 150, NONE],
  ["one that came late belongs to the earlier", [[0, 15], [60, 75]], 5, extend(1, undefined, 20)],
  ["one that came again belongs to the earlier", [[0, 15], [60, 75]], 0, NONE],
  ["one between is another", [[0, 15], [60, 75]], 30, insert(30)],
  ["one that joins two", [[0, 15], [20, 35]], 10, extend(2, 0, undefined, [1])],
  ["one that joins two by their ends", [[0, 15], [30, 45]], 15, extend(2, 0, undefined, [1])],
  [
    "one that joins three, two of which overlapped",
    [[0, 15], [14, 29], [30, 45]],
    15,
    extend(3, 0, undefined, [2, 1]),
  ],
  ["one that has two of short ones", [[0, 1], [5, 6]], -2, extend(2, -2, 13, [1])],
  ["one in two equal ones leaves one", [[0, 15], [0, 15]], 0, extend(1, undefined, undefined, [2])],
];

for (const [what, stored, minute, change] of CHANGES) {
  Deno.test(`intervalChange: ${what}`, () => {
    const all = intervals(...stored);
    assert.deepEqual(intervalChange(all, minute * MINUTE), change);
    assert.deepEqual(intervalChange(all.toReversed(), minute * MINUTE), change);
  });
}

/** What is stored once a change is made; `id` is that of a new row. */
function changed(stored: readonly Interval[], time: number, id: number): Interval[] {
  const change = intervalChange(stored, time);
  if (change.kind === "none") return [...stored];
  if (change.kind === "insert") return [...stored, { id, start: change.start, end: change.end }];
  return stored.filter((row) => !change.absorbed.includes(row.id)).map((row) =>
    row.id === change.id
      ? { id: row.id, start: change.start ?? row.start, end: change.end ?? row.end }
      : row
  );
}

/** The same from all times at once: a time is in the last interval, or begins one. */
function union(times: readonly number[]): [start: number, end: number][] {
  const joined: [number, number][] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const last = joined.at(-1);
    if (last && time <= last[1]) last[1] = time + ACTIVITY_MS;
    else joined.push([time, time + ACTIVITY_MS]);
  }
  return joined;
}

Deno.test("activities in any order, and any number of times, become their union", () => {
  const time = fc.integer({ min: 0, max: 300 }).map((minutes) => minutes * MINUTE);
  const times = fc.array(time, { maxLength: 30 });
  const deliveries = times.chain((all) =>
    fc.shuffledSubarray(all, { minLength: all.length })
      .chain((order) => fc.subarray(all).map((again) => [...order, ...again]))
  );
  fc.assert(fc.property(deliveries, (delivered) => {
    const stored = delivered.reduce<Interval[]>(changed, []);
    const bounds = stored.map(({ start, end }) => [start, end]).sort(([a = 0], [b = 0]) => a - b);
    assert.deepEqual(bounds, union(delivered));
  }));
});
