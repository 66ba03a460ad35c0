/**
 * Which events the end of a thread is blamed on.
 *
 * @module
 */

import type { ErrorData } from "../../errors/error_data.ts";
import type { Job } from "../executor/executor.ts";

/** What is known about the end of a thread. */
export interface Blame {
  /** How an event that is blamed ended. */
  readonly reason: "crashed" | "out of memory" | "timeout";
  readonly error: ErrorData;
  /** The jobs that are surely to blame. */
  readonly blamed: readonly Job[];
  /** The jobs that may be to blame; `"running"` for all that ran. */
  readonly suspects: readonly Job[] | "running";
}

/** The jobs of a thread that has ended. */
export interface Remains<J extends Job> {
  /** All that have no outcome. */
  readonly outstanding: readonly J[];
  /** Those of them that ran. */
  readonly running: readonly J[];
  /** Whether no other job had ended in the thread before. */
  readonly isFresh: boolean;
}

/** Who has used up an attempt, and who runs alone next. */
export interface Verdict<J extends Job> {
  readonly blamed: ReadonlySet<J>;
  readonly suspects: readonly J[];
}

/**
 * Applies blame to the jobs that are left of a thread. A suspect that ran alone is blamed, unless
 * another job had ended in the thread before and may have left something behind. What has an
 * outcome already is neither blamed nor suspected.
 */
export function judge<J extends Job>(
  { blamed, suspects }: Pick<Blame, "blamed" | "suspects">,
  { outstanding, running, isFresh }: Remains<J>,
): Verdict<J> {
  const certain: ReadonlySet<Job> = new Set(blamed);
  const suspected: ReadonlySet<Job> = new Set(suspects === "running" ? running : suspects);
  const left = outstanding.filter((job) => suspected.has(job));
  const [only] = left;
  const ranAlone = left.length === 1 && isFresh && only?.alone === true;
  const isBlamed = (job: J) => certain.has(job) || (ranAlone && job === only);
  return { blamed: new Set(outstanding.filter(isBlamed)), suspects: left };
}
