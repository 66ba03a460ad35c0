/**
 * The events of the crash suite. Each says how its handler misbehaves.
 *
 * @module
 */

import { z } from "zod";

/** The schema of an event. */
export const eventSchema = z.object({
  id: z.string(),
  trouble: z.enum(["none", "throw", "hang", "loop", "fill"]),
  /** The number of attempts that make trouble; those after them do not. */
  times: z.int(),
});

/** An event. */
export type CrashEvent = z.infer<typeof eventSchema>;

/** The ways in which a handler can misbehave. */
export type Trouble = CrashEvent["trouble"];

/** More attempts than any worker makes. */
export const ALWAYS = 9;

/** The queues, each with a worker in `workers`. */
export const QUEUES = ["crash_plain", "crash_batch", "crash_slow"] as const;

/** A queue of the suite. */
export type Queue = typeof QUEUES[number];
