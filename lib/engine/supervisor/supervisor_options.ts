/**
 * What runs a queue in a thread is made of, and how such a queue can be.
 *
 * @module
 */

import type { ConsumerOptions } from "./queue_consumer.ts";
import type { ThreadsOptions } from "./threads.ts";

/** What a supervisor is made of. */
export interface SupervisorOptions extends ThreadsOptions, ConsumerOptions {
  /** The process has no other queue: an error at its first start is thrown, and not tried again. */
  readonly isOnly: boolean;
  /** Leave the queue alone if it is a test queue or not enabled. */
  readonly onlyIfActive: boolean;
  /** Leave the queue alone if its worker is not for this database. @default {false} */
  readonly skipsMisplaced?: boolean;
  /** Called once: whether the queue is run here. It is, too, while its worker fails to start. */
  readonly onLaunch?: (isRun: boolean) => void;
  /** Called once: the queue is consumed, or its worker could not be started at first. */
  readonly onReady?: () => void;
  /** The queue was parked, or is consumed again. */
  readonly onParked?: (isParked: boolean) => void;
}

/** How a queue is. */
export type QueueState = "starting" | "consuming" | "restarting" | "parked" | "stopping";
