/**
 * The verdict on repairs that were killed: nothing lost, few duplicates, the rest in order.
 *
 * @module
 */

/** Where the dead letters are in the end, by their numbers, each list in its order. */
export interface RepairEvidence {
  /** Dead letters that a repair meant, and those that none did. */
  readonly meant: readonly number[];
  readonly others: readonly number[];
  /** What was put back. */
  readonly putBack: readonly number[];
  /** What was dropped, as the saved files say. */
  readonly saved: readonly number[];
  /** What is still a dead letter. */
  readonly left: readonly number[];
  /** How often a repair was killed. */
  readonly kills: number;
}

/** What is wrong, if anything. */
export interface RepairVerdict {
  readonly lost: readonly number[];
  readonly duplicates: number;
  /** The most that there may be: 100 a kill. */
  readonly duplicatesAllowed: number;
  /** Whether the others are there once each, in the order in which they failed. */
  readonly areOthersInOrder: boolean;
}

/** The most events that one kill may leave in two places. */
const DUPLICATES_A_KILL = 100;

/** Judges what is left. */
export function judgeRepairs(evidence: RepairEvidence): RepairVerdict {
  const { meant, others, putBack, saved, left, kills } = evidence;
  const places = [...putBack, ...saved, ...left];
  const there = new Set(places);
  const isOther = new Set(others);
  return {
    lost: [...meant, ...others].filter((number) => !there.has(number)),
    duplicates: places.length - there.size,
    duplicatesAllowed: DUPLICATES_A_KILL * kills,
    areOthersInOrder: left.filter((number) => isOther.has(number)).join() === others.join(),
  };
}

/** Whether nothing is wrong. */
export function isGoodRepair(verdict: RepairVerdict): boolean {
  const { lost, duplicates, duplicatesAllowed, areOthersInOrder } = verdict;
  return lost.length === 0 && duplicates <= duplicatesAllowed && areOthersInOrder;
}

/** The verdict as lines. */
export function repairReport(verdict: RepairVerdict): string[] {
  const { lost, duplicates, duplicatesAllowed, areOthersInOrder } = verdict;
  return [
    `lost: ${lost.length}${lost.length > 0 ? ` (${lost.slice(0, 10).join(", ")} …)` : ""}`,
    `duplicates: ${duplicates} of at most ${duplicatesAllowed}`,
    `the others: ${areOthersInOrder ? "in order" : "not in order, or not there once each"}`,
    isGoodRepair(verdict) ? "passed" : "FAILED",
  ];
}
