/**
 * The events of the crash suite: each says what trouble its handler makes.
 *
 * @module
 */

import { z } from "zod";

/** The shape of an event. */
export const order = z.object({
  id: z.string(),
  trouble: z.enum(["none", "throw", "hang", "loop", "fill"]),
  /** The first so many attempts make trouble. */
  times: z.int(),
});

/** An event. */
export type Order = z.infer<typeof order>;

/** What a handler can be told to do. */
export type Trouble = Order["trouble"];

/** More attempts than any worker makes. */
export const ALWAYS = 9;

/** The queues, each with a worker in `workers`. */
export const QUEUES = ["crash_plain", "crash_batch", "crash_slow"] as const;

/** A queue of the suite. */
export type Queue = typeof QUEUES[number];
