/**
 * Kinds of faults, in lanes that run beside each other.
 *
 * @module
 */

import type { Deployment } from "./deployment.ts";
import type { Random } from "./random.ts";
import type { Fault } from "./recovery.ts";

/** One kind of fault. @typeParam Target What it is made in. */
export interface Kind<Target = Deployment> {
  readonly kind: string;
  /** Makes the fault. It draws its random numbers before it waits for anything. */
  make(deployment: Target, random: Random): Promise<Omit<Fault, "kind">>;
}

/** Kinds of faults that are made one after another. Lanes run concurrently. */
export interface Lane<Target = Deployment> {
  readonly name: string;
  readonly kinds: readonly Kind<Target>[];
  /** The shortest and the longest time between two faults, in ms. */
  readonly pauseMs: readonly [number, number];
}
